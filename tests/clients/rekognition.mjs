// Asks a server through the AWS SDK for JavaScript v3 and prints what came of it, as JSON.
import { createRequire } from "node:module";
import path from "node:path";

const [modules, endpoint, accessKeyId, secretAccessKey, scene] = process.argv.slice(2);
const require = createRequire(path.join(modules, "index.js"));
const rekognition = require("@aws-sdk/client-rekognition");

const clientWith = (secret) =>
  new rekognition.RekognitionClient({
    endpoint, region: "eu-west-3", maxAttempts: 1, credentials: { accessKeyId, secretAccessKey: secret },
  });
const client = clientWith(secretAccessKey);
const ask = (operation, request, by = client) => by.send(new rekognition[`${operation}Command`](request));
const failure = async (promise) => {
  try {
    await promise;
    return null;
  } catch (error) {
    const { name, message } = error;
    const modelled = rekognition[name] !== undefined && error instanceof rekognition[name];
    return { name, message, status: error.$metadata?.httpStatusCode, modelled };
  }
};

// What the wire is asked by the tests of the wire: an echo answers.
async function wire() {
  const purposeful = clientWith(secretAccessKey);
  purposeful.middlewareStack.add(
    (next) => (given) => {
      given.request.headers["x-recognizance-purpose"] = "missing person";
      return next(given);
    },
    { step: "build" },
  );
  const picture = Buffer.alloc(300000, 7);
  const listed = await ask("ListCollections", { MaxResults: 2 });
  const compared = await ask("CompareFaces", {
    SourceImage: { Bytes: picture }, TargetImage: { Bytes: picture }, SimilarityThreshold: 70,
  });
  await ask("ListCollections", {}, purposeful);
  return {
    listed: listed.CollectionIds,
    requestId: listed.$metadata.requestId,
    similarity: compared.FaceMatches[0].Similarity,
    invalid: await failure(ask("CreateCollection", { CollectionId: "a b" })),
    exists: await failure(ask("CreateCollection", { CollectionId: "exists" })),
    forged: await failure(ask("ListCollections", {}, clientWith("x".repeat(40)))),
  };
}

// The life of a collection on a whole server; the pictures come on standard input, as JSON in base64.
async function collections() {
  const chunks = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  const pictures = JSON.parse(Buffer.concat(chunks)).map((text) => Buffer.from(text, "base64"));
  const CollectionId = "javascript";
  const created = await ask("CreateCollection", { CollectionId, Tags: { team: "été" } });
  const faces = [];
  for (const [place, Bytes] of pictures.entries()) {
    const indexed = await ask("IndexFaces", {
      CollectionId, Image: { Bytes }, ExternalImageId: `p-${place}`, QualityFilter: "NONE", MaxFaces: 1,
    });
    faces.push(indexed.FaceRecords[0].Face.FaceId);
  }
  const pages = [];
  for await (const page of rekognition.paginateListFaces({ client, pageSize: 2 }, { CollectionId })) {
    pages.push(page.Faces.map((face) => face.FaceId));
  }
  const byImage = await ask("SearchFacesByImage", {
    CollectionId, Image: { Bytes: pictures[1] }, FaceMatchThreshold: 99,
  });
  const byFace = await ask("SearchFaces", { CollectionId, FaceId: faces[0], FaceMatchThreshold: 0 });
  await ask("CreateUser", { CollectionId, UserId: "anna" });
  const associated = await ask("AssociateFaces", { CollectionId, UserId: "anna", FaceIds: [faces[0]] });
  const users = await ask("SearchUsersByImage", { CollectionId, Image: { Bytes: pictures[0] } });
  const described = await ask("DescribeCollection", { CollectionId });
  const tags = await ask("ListTagsForResource", { ResourceArn: created.CollectionArn });
  const deleted = await ask("DeleteFaces", { CollectionId, FaceIds: [faces[0], faces[2]] });
  const missing = { CollectionId, FaceId: "ffffffff-ffff-4fff-bfff-ffffffffffff" };
  const refused = {
    exists: await failure(ask("CreateCollection", { CollectionId })),
    user: await failure(ask("CreateUser", { CollectionId, UserId: "anna" })),
    collection: await failure(ask("ListFaces", { CollectionId: "ghost" })),
    face: await failure(ask("SearchFaces", missing)),
    page: await failure(ask("ListFaces", { CollectionId, NextToken: "x" })),
    picture: await failure(ask("IndexFaces", { CollectionId, Image: { Bytes: Buffer.from("no picture") } })),
    name: await failure(ask("CreateCollection", { CollectionId: "a b" })),
  };
  const gone = await ask("DeleteCollection", { CollectionId });
  return {
    created: created.StatusCode,
    arn: created.CollectionArn,
    faces,
    pages,
    byImage: byImage.FaceMatches.map((match) => match.Face.FaceId),
    byFace: byFace.FaceMatches.map((match) => match.Face.FaceId),
    associated: associated.AssociatedFaces.map((face) => face.FaceId),
    status: associated.UserStatus,
    users: users.UserMatches.map((match) => match.User.UserId),
    counts: [described.FaceCount, described.UserCount],
    made: described.CreationTimestamp.getTime(),
    tags: tags.Tags,
    deleted,
    refused,
    gone: gone.StatusCode,
  };
}

// Facial attributes; the picture comes on standard input, in base64.
async function attributes() {
  const chunks = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  const Image = { Bytes: Buffer.from(Buffer.concat(chunks).toString(), "base64") };
  const all = await ask("DetectFaces", { Image, Attributes: ["ALL"] });
  const some = await ask("DetectFaces", { Image, Attributes: ["SMILE", "DEFAULT", "EYE_DIRECTION"] });
  return { all: all.FaceDetails[0], some: Object.keys(some.FaceDetails[0]) };
}

console.log(JSON.stringify(await { wire, collections, attributes }[scene]()));
