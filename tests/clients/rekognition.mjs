// Asks a server through the AWS SDK for JavaScript v3 and prints what came of it, as JSON.
import { createRequire } from "node:module";
import path from "node:path";

const [modules, endpoint, accessKeyId, secretAccessKey] = process.argv.slice(2);
const require = createRequire(path.join(modules, "index.js"));
const { RekognitionClient, ListCollectionsCommand, CompareFacesCommand, CreateCollectionCommand } =
  require("@aws-sdk/client-rekognition");

const clientWith = (secret) =>
  new RekognitionClient({
    endpoint, region: "eu-west-3", maxAttempts: 1, credentials: { accessKeyId, secretAccessKey: secret },
  });
const failure = async (promise) => {
  try {
    await promise;
    return null;
  } catch (error) {
    return { name: error.name, message: error.message, status: error.$metadata?.httpStatusCode };
  }
};

const client = clientWith(secretAccessKey);
const purposeful = clientWith(secretAccessKey);
purposeful.middlewareStack.add(
  (next) => (given) => {
    given.request.headers["x-recognizance-purpose"] = "missing person";
    return next(given);
  },
  { step: "build" },
);
const picture = Buffer.alloc(300000, 7);
const listed = await client.send(new ListCollectionsCommand({ MaxResults: 2 }));
const compared = await client.send(
  new CompareFacesCommand({ SourceImage: { Bytes: picture }, TargetImage: { Bytes: picture }, SimilarityThreshold: 70 }),
);
await purposeful.send(new ListCollectionsCommand({}));
console.log(
  JSON.stringify({
    listed: listed.CollectionIds,
    requestId: listed.$metadata.requestId,
    similarity: compared.FaceMatches[0].Similarity,
    invalid: await failure(client.send(new CreateCollectionCommand({ CollectionId: "a b" }))),
    exists: await failure(client.send(new CreateCollectionCommand({ CollectionId: "exists" }))),
    forged: await failure(clientWith("x".repeat(40)).send(new ListCollectionsCommand({}))),
  }),
);
