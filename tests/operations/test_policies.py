"""Policies through boto3: what is stated reaches Cedar, and Cedar's answer reaches the client and the ledger."""

import re
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from botocore.exceptions import ClientError
from tests.client import in_process
from tests.operations.conftest import code, refusal
from tests.pictures import ANNA, BRUNO, Sitter, people

from recognizance import app, shapes
from recognizance.accountability import ledger, policy
from recognizance.errors import AccessDenied, PolicyWrong
from recognizance.operations import OPERATIONS
from recognizance.values import Caller, Kind, Probe, Stated

ROOT = Path(__file__).parents[2]
STRICT = pytest.mark.parametrize("pack", ["law-enforcement"])
AT_WORK = pytest.mark.parametrize("pack", ["workplace"])
TERM = {"recognizance:retention-days": "180"}
PHOTO = {"Bytes": people(ANNA)}


def helper():
    """Return the three lines that the docs give to whoever uses boto3."""
    page = (ROOT / "docs" / "policy.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(def stating.*?)```", page, re.DOTALL)
    lines = code.strip().split("\n")
    assert len(lines) == 3
    found = {}
    exec(code, found)
    return found["stating"]


@pytest.fixture
def pack():
    return "open"


@pytest.fixture
def given(given, pack):
    return replace(given, policy=pack)


@pytest.fixture
def client_with(server, house):
    """What makes a key and gives a boto3 client that signs with it and states what is said."""

    def make(*roles, service="rekognition", said=(), **more):
        made = house.create_key(Name="a key", Roles=list(roles), **more)
        key = {"access_key": made["AccessKeyId"], "secret": made["SecretAccessKey"]}
        client = in_process(server, service=service, **key)
        if said:
            helper()(client, **dict(said))
        return client

    return make


@pytest.fixture
def arrests(rekognition):
    rekognition.create_collection(CollectionId="arrests", Tags=TERM)
    return "arrests"


def last(parts):
    return ledger.entries(parts.database)[-1]


# What is in force


def test_whoever_is_bound_may_read_the_policy(house, parts):
    told = house.describe_policy()
    assert (told["Name"], told["Digest"]) == ("open", parts.service.tools.policy.digest)
    assert [rule["Id"] for rule in told["Rules"]] == [rule.id for rule in parts.service.tools.policy.rules]
    admin = told["Rules"][0]
    assert admin == {
        "Id": "open/admin", "Effect": "permit", "Reason": "An admin may do everything.",
        "File": "open.cedar", "Line": admin["Line"], "LooksAt": [],
    }  # fmt: skip


@STRICT
def test_a_policy_tells_what_holds_what_raises_and_who_asks_for_it(house):
    rules = {rule["Id"]: rule for rule in house.describe_policy()["Rules"]}
    assert rules["law-enforcement/two-people"]["Cure"] == "hold"
    assert (rules["law-enforcement/floor"]["Cure"], rules["law-enforcement/floor"]["To"]) == ("raise", 99.0)
    assert "EU AI Act 14(5)" in rules["law-enforcement/two-people"]["Source"]
    assert "Cure" not in rules["law-enforcement/person"]


def test_the_ledger_keeps_which_policy_decided_and_by_which_rule(rekognition, parts):
    rekognition.list_collections()
    entry = last(parts)
    assert (entry.rule, entry.policy) == ("open/admin", parts.service.tools.policy.called)


# By default nothing changes for anybody


def test_code_written_for_rekognition_runs_unchanged_with_the_root_key(rekognition, staff):
    rekognition.index_faces(CollectionId=staff, Image=PHOTO, QualityFilter="NONE")
    found = rekognition.search_faces_by_image(CollectionId=staff, Image=PHOTO, FaceMatchThreshold=50)
    assert len(found["FaceMatches"]) == 1
    assert "x-recognizance-review" not in found["ResponseMetadata"]["HTTPHeaders"]


def test_a_key_does_what_its_roles_cover(client_with, staff):
    reader = client_with("reader")
    reader.describe_collection(CollectionId=staff)
    told = refusal(reader.search_faces_by_image, CollectionId=staff, Image=PHOTO)
    assert told == (
        "AccessDeniedException",
        "SearchFacesByImage needs a key with the role admin, searcher or user; this key's: reader. "
        "(open/nothing-allows-it)",
    )


# At work


@AT_WORK
def test_at_work_an_enrolment_needs_a_purpose_a_release_and_a_term(rekognition, client_with):
    rekognition.create_collection(CollectionId="staff")
    enroller = client_with("enroller")
    said = {"CollectionId": "staff", "Image": PHOTO, "QualityFilter": "NONE"}
    assert "purpose" in refusal(enroller.index_faces, **said)[1]
    helper()(enroller, purpose="door")
    assert "x-recognizance-consent" in refusal(enroller.index_faces, **said)[1]
    helper()(enroller, consent="release-2026-0417")
    assert "recognizance:retention-days" in refusal(enroller.index_faces, **said)[1]
    arn = rekognition.describe_collection(CollectionId="staff")["CollectionARN"]
    rekognition.tag_resource(ResourceArn=arn, Tags=TERM)
    assert len(enroller.index_faces(**said)["FaceRecords"]) == 1


@AT_WORK
def test_at_work_a_refusal_comes_before_the_picture_is_looked_at(client_with, arrests):
    enroller = client_with("enroller")
    assert code(enroller.index_faces, CollectionId=arrests, Image={"Bytes": b"no picture"}) == "AccessDeniedException"


@AT_WORK
def test_at_work_a_keys_own_purpose_is_enough(client_with):
    searcher = client_with("searcher", Purpose="badge photograph")
    assert len(searcher.compare_faces(SourceImage=PHOTO, TargetImage=PHOTO)["FaceMatches"]) == 1
    assert code(client_with("searcher").compare_faces, SourceImage=PHOTO, TargetImage=PHOTO) == "AccessDeniedException"


def refused_attributes(client, collection):
    """Ask DetectFaces and IndexFaces for each attribute by itself, and return what is said of those refused."""
    refused = {}
    for name in get_args(shapes.Attribute):
        found = [
            outcome(client.detect_faces, Image=PHOTO, Attributes=[name]),
            outcome(client.index_faces, CollectionId=collection, Image=PHOTO, DetectionAttributes=[name, "DEFAULT"]),
        ]
        if found != ["answered"] * 2:
            assert {code for code, _ in found} == {"AccessDeniedException"}
            (refused[name],) = {text for _, text in found}
    return refused


def outcome(ask, **request):
    try:
        ask(**request)
    except ClientError as error:
        return error.response["Error"]["Code"], error.response["Error"]["Message"]
    return "answered"


@AT_WORK
def test_at_work_no_category_is_read_and_the_answer_names_rule_and_law(rekognition, client_with):
    rekognition.create_collection(CollectionId="staff")
    rekognition.tag_resource(
        ResourceArn=rekognition.describe_collection(CollectionId="staff")["CollectionARN"], Tags=TERM
    )
    client = client_with("user", Purpose="badge photograph")
    helper()(client, consent="release-2026-0417")
    refused = refused_attributes(client, "staff")
    assert {name: re.search(r"\((workplace/[\w-]+)\)$", text)[1] for name, text in refused.items()} == {
        "ALL": "workplace/no-emotions",
        "EMOTIONS": "workplace/no-emotions",
        "SMILE": "workplace/no-smiles",
        "GENDER": "workplace/no-gender",
        "AGE_RANGE": "workplace/no-age",
    }
    assert "EU AI Act, Article 5(1)(f)" in refused["EMOTIONS"]


# Under the strict policy


@STRICT
def test_nobody_is_put_into_a_category_and_the_answer_names_rule_and_law(client_with, arrests):
    enroller = client_with("user", Person="Ines Marchetti", Purpose="arrest-photograph")
    helper()(enroller, probe="kind=photo; source=booking 2026-3310")
    refused = refused_attributes(enroller, arrests)
    assert {name: re.search(r"\((law-enforcement/[\w-]+)\)$", text)[1] for name, text in refused.items()} == {
        "ALL": "law-enforcement/no-emotions",
        "EMOTIONS": "law-enforcement/no-emotions",
        "GENDER": "law-enforcement/no-gender",
        "AGE_RANGE": "law-enforcement/no-age",
    }
    assert "EU AI Act, Annex III(1)(b)" in refused["GENDER"]


@STRICT
def test_the_root_key_searches_nobody(rekognition, arrests, parts):
    told = refusal(rekognition.search_faces_by_image, CollectionId=arrests, Image=PHOTO)
    needs = "Searching and comparing need a key that names the person who uses it. (law-enforcement/person)"
    assert told == ("AccessDeniedException", needs)
    assert (last(parts).outcome, last(parts).rule) == ("refused", "law-enforcement/person")


@STRICT
def test_nor_does_the_machines_own_command_line(parts, arrests):
    local = Caller("local", "000000000000", "local", Kind.LOCAL, roles=frozenset({"admin"}))
    with pytest.raises(AccessDenied, match="names the person"):
        parts.service.call(
            "SearchFacesByImage",
            {"CollectionId": arrests, "Image": PHOTO},
            local,
            "r-1",
            stated=Stated("homicide", "2026-1187"),
        )


@STRICT
def test_a_search_that_states_everything_is_held_at_99_and_one_that_lacks_anything_is_refused(
    rekognition, house, client_with, parts, arrests
):
    enroller = client_with(
        "enroller", said={"purpose": "arrest-photograph", "probe": "kind=photo; source=booking 2026-3310"}
    )
    enroller.index_faces(CollectionId=arrests, Image=PHOTO, QualityFilter="NONE")
    made = house.open_authorisation(Case="2026-1187", Basis="witness", Authority="county court")
    everything = {
        "purpose": "homicide",
        "case": "2026-1187",
        "authorisation": made["Authorisation"]["AuthorisationId"],
        "probe": "kind=photo; source=a shop's camera; edits=cropped",
    }
    asked = {"CollectionId": arrests, "Image": PHOTO, "QualityFilter": "NONE", "FaceMatchThreshold": 50}

    for missing in everything:
        said = {name: text for name, text in everything.items() if name != missing}
        searcher = client_with("searcher", Person="Ines Marchetti", said=said)
        assert code(searcher.search_faces_by_image, **asked) == "AccessDeniedException"
        assert last(parts).rule == f"law-enforcement/{missing}"

    searcher = client_with("searcher", Person="Ines Marchetti", said=everything)
    answer = searcher.search_faces_by_image(**asked)
    assert answer["FaceMatches"] == []
    assert answer["ResponseMetadata"]["HTTPHeaders"]["x-recognizance-review"]
    entry = last(parts)
    assert (entry.outcome, entry.rule) == ("held", "law-enforcement/two-people")
    assert (entry.facts["threshold_asked"], entry.facts["threshold"]) == (50.0, 99.0)


@STRICT
def test_a_governor_cleans_a_gallery_at_99_without_anybody_reviewing_it(client_with, arrests, parts):
    said = {"purpose": "gallery-maintenance"}
    governor = client_with("governor", service="recognizance", Person="Tomas Lindqvist", said=())
    assert code(governor.find_duplicates, CollectionId=arrests) == "AccessDeniedException"
    governor.meta.events.register(
        "before-sign", lambda request, **_: request.headers.add_header("x-recognizance-purpose", said["purpose"])
    )
    assert governor.find_duplicates(CollectionId=arrests, FaceMatchThreshold=10)["Pairs"] == []
    assert last(parts).facts["threshold"] == 99.0


# What tells in other words whose a face is

GOVERNOR = Caller("AKIDGOVERNOR", "000000000000", "eu-west-3", person="Tomas Lindqvist", roles=frozenset({"governor"}))
ENROLLER = Caller("AKIDENROLLER", "000000000000", "eu-west-3", person="Ada Okafor", roles=frozenset({"enroller"}))
CLEANING = Stated(purpose="gallery-maintenance")
ARREST = Stated(purpose="arrest-photograph", probe=Probe("photo", "booking 2026-3310"))


@pytest.fixture
def ask(parts):
    """What asks an operation as a caller and gives its response."""

    def call(caller, name, stated=CLEANING, **request):
        return parts.service.call(name, request, caller, "r-1", stated=stated).response

    return call


@pytest.fixture
def enrolled(ask, arrests):
    """The face ids of one person twice, and of somebody else."""

    def index(*sitters):
        pictures = {"CollectionId": arrests, "QualityFilter": "NONE", "ExternalImageId": "booking-3310"}
        answer = ask(ENROLLER, "IndexFaces", ARREST, Image={"Bytes": people(*sitters)}, **pictures)
        return answer["FaceRecords"][0]["Face"]["FaceId"]

    return [index(ANNA), index(Sitter(ANNA, take=1)), index(BRUNO)]


@STRICT
def test_joining_a_face_to_a_user_tells_no_similarity_and_asks_for_99(ask, parts, arrests, enrolled):
    first, same, other = enrolled
    user = {"CollectionId": arrests, "UserId": "one"}
    ask(GOVERNOR, "CreateUser", **user)
    ask(GOVERNOR, "AssociateFaces", FaceIds=[first], **user)
    answer = ask(GOVERNOR, "AssociateFaces", FaceIds=[same, other], UserMatchThreshold=0.0, **user)
    assert answer["AssociatedFaces"] == [{"FaceId": same}]
    (refused,) = answer["UnsuccessfulFaceAssociations"]
    assert refused == {"FaceId": other, "Reasons": ["LOW_MATCH_CONFIDENCE"]}
    facts = last(parts).facts
    assert (facts["threshold_asked"], facts["threshold"]) == (0.0, 99.0)


@STRICT
@pytest.mark.parametrize("name", ["AssociateFaces", "DisassociateFaces", "CreateUser", "DeleteUser"])
def test_only_a_named_governor_joins_faces_to_users(ask, arrests, name):
    request = {"CollectionId": arrests, "UserId": "one"}
    request |= {"FaceIds": ["0" * 8 + "-0000-4000-8000-" + "0" * 12]} if name.endswith("Faces") else {}
    for caller in (ENROLLER, replace(GOVERNOR, person=None), replace(GOVERNOR, roles=frozenset({"admin"}))):
        with pytest.raises(AccessDenied):
            ask(caller, name, **request)
    with pytest.raises(AccessDenied, match="gallery-maintenance"):
        ask(GOVERNOR, name, Stated(purpose="homicide"), **request)


@STRICT
def test_duplicates_are_told_without_whose_they_are_and_the_record_says_which(ask, parts, arrests, enrolled):
    first, same, _ = enrolled
    answer = ask(GOVERNOR, "FindDuplicates", CollectionId=arrests)
    (pair,) = answer["Pairs"]
    assert sorted(pair) == ["FaceId", "OtherFaceId", "Similarity"]
    assert last(parts).facts["matches"] == [parts.service.tools.seal.digest(face) for face in (first, same)]


def test_where_nothing_is_held_a_refused_face_is_told_with_its_similarity(rekognition, staff):
    ids = [
        rekognition.index_faces(CollectionId=staff, Image={"Bytes": people(who)}, QualityFilter="NONE")["FaceRecords"]
        for who in (ANNA, BRUNO)
    ]
    first, other = (found[0]["Face"]["FaceId"] for found in ids)
    rekognition.create_user(CollectionId=staff, UserId="one")
    rekognition.associate_faces(CollectionId=staff, UserId="one", FaceIds=[first])
    told = rekognition.associate_faces(CollectionId=staff, UserId="one", FaceIds=[other])
    assert "Confidence" in told["UnsuccessfulFaceAssociations"][0]


# Who may not ask learns nothing


@STRICT
def test_who_may_not_ask_is_not_told_of_what_was_stopped(ask, house, arrests):
    house.suspend(CollectionId=arrests, Why="an inquiry into officer K")
    with pytest.raises(AccessDenied, match="needs a key with the role"):
        ask(ENROLLER, "SearchFaces", CollectionId=arrests, FaceId="0" * 8 + "-0000-4000-8000-" + "0" * 12)
    with pytest.raises(AccessDenied, match="an inquiry"):
        ask(ENROLLER, "ListFaces", CollectionId=arrests)


# Explained


@STRICT
def test_a_decision_is_explained_for_the_key_that_asks_and_what_it_states(client_with, arrests):
    searcher = client_with("searcher", service="recognizance", Person="Ines Marchetti", Purpose="homicide")
    told = searcher.explain_decision(Operation="SearchFacesByImage", CollectionId=arrests, Threshold=80)
    assert (told["Verdict"], told["Rule"]) == ("deny", "law-enforcement/case")
    assert [rule["Id"] for rule in told["Spoke"]] == [
        "law-enforcement/case", "law-enforcement/authorisation", "law-enforcement/probe", "law-enforcement/floor",
        "law-enforcement/two-people",
    ]  # fmt: skip
    assert told["RolesThatCould"] == []
    assert "Floor" not in told


@STRICT
def test_an_explanation_says_at_what_threshold_and_who_else_could(client_with, house):
    asked = house.open_authorisation(Case="2026-1187", Basis="robbery", Authority="the court")["Authorisation"]
    said = {"case": "2026-1187", "authorisation": asked["AuthorisationId"]}
    compares = client_with("searcher", service="recognizance", Person="Ines Marchetti", Purpose="robbery")
    compares.meta.events.register(
        "before-sign",
        lambda request, **_: [request.headers.add_header(f"x-recognizance-{name}", one) for name, one in said.items()],
    )
    told = compares.explain_decision(Operation="CompareFaces")
    assert (told["Verdict"], told.get("Floor"), told["Rule"]) == ("allow", 99.0, "law-enforcement/searcher")
    told = client_with("reader", service="recognizance").explain_decision(Operation="CreateKey")
    assert (told["Verdict"], told["RolesThatCould"]) == ("deny", ["admin", "governor"])


def test_an_explanation_of_an_operation_that_is_not_served_is_refused(house):
    told = refusal(house.explain_decision, Operation="RecognizeCelebrities")
    assert told == ("InvalidParameterException", "RecognizeCelebrities is not served here. See docs/coverage.md.")


@AT_WORK
def test_attributes_are_part_of_what_is_explained(house):
    told = house.explain_decision(Operation="DetectFaces", Attributes=["GENDER"])
    assert (told["Verdict"], told["Rule"]) == ("deny", "workplace/no-gender")


def test_what_is_explained_is_what_is_decided(house, rekognition, client_with, staff):
    for role in ("reader", "enroller"):
        told = client_with(role, service="recognizance").explain_decision(Operation="SearchFaces", CollectionId=staff)
        with pytest.raises(ClientError) as raised:
            client_with(role).search_faces(CollectionId=staff, FaceId="0" * 8 + "-0000-4000-8000-" + "0" * 12)
        assert raised.value.response["Error"]["Message"] == f"{told['Reason']} ({told['Rule']})"


# A server that starts, and one that does not


def test_a_server_takes_a_policy_of_ones_own_from_a_folder(given, time, tmp_path):
    own = tmp_path / "own"
    own.mkdir()
    (own / "a.cedar").write_text('@id("own/reads")\npermit(principal, action in Action::"read", resource);')
    with app.build(replace(given, policy=str(own)), now=time) as parts:
        caller = Caller("AKID", "000000000000", "eu-west-3")
        parts.service.call("ListCollections", {}, caller, "r-1")
        assert last(parts).rule == "own/reads"
        with pytest.raises(AccessDenied):
            parts.service.call("CreateCollection", {"CollectionId": "a"}, caller, "r-2")


def test_a_server_whose_policy_does_not_parse_does_not_start_and_makes_nothing(given, tmp_path):
    own = tmp_path / "own"
    own.mkdir()
    (own / "a.cedar").write_text('@id("own/reads")\npermit(principal, action in Action::"reed", resource);')
    with pytest.raises(PolicyWrong, match=r"own/a\.cedar:2: .*reed"), app.build(replace(given, policy=str(own))):
        pass
    assert not given.data.exists()


def test_the_policy_in_force_is_the_setting(parts, pack):
    assert parts.service.tools.policy.called == policy.load(pack, OPERATIONS).called
