"""TagResource, UntagResource and ListTagsForResource, on collections."""

import json

import pytest
from tests.client import ask, signed
from tests.operations.conftest import at_once, body, code, codes

ARN = "arn:aws:rekognition:eu-west-3:000000000000:collection/staff"
GHOST_ARN = ARN.replace("staff", "ghost")
OPERATIONS = {"tag_resource": {"Tags": {"a": "b"}}, "untag_resource": {"TagKeys": ["a"]}, "list_tags_for_resource": {}}


def tags(rekognition, arn=ARN):
    return rekognition.list_tags_for_resource(ResourceArn=arn)["Tags"]


def numbered(first, after):
    return {f"key-{number}": str(number) for number in range(first, after)}


def test_a_collection_without_tags_has_an_empty_map(rekognition, staff):
    assert body(rekognition.list_tags_for_resource(ResourceArn=ARN)) == {"Tags": {}}


def test_a_collection_has_the_tags_it_was_made_with(rekognition):
    made = rekognition.create_collection(CollectionId="staff", Tags={"team": "red", "empty": ""})
    assert tags(rekognition, made["CollectionArn"]) == {"team": "red", "empty": ""}


def test_both_arns_of_a_collection_name_it(rekognition):
    made = rekognition.create_collection(CollectionId="staff", Tags={"team": "red"})["CollectionArn"]
    described = rekognition.describe_collection(CollectionId="staff")["CollectionARN"]
    assert tags(rekognition, made) == tags(rekognition, described) == {"team": "red"}


def test_new_tags_are_added_and_old_ones_overwritten(rekognition, staff):
    rekognition.tag_resource(ResourceArn=ARN, Tags={"a": "1", "b": "1"})
    assert body(rekognition.tag_resource(ResourceArn=ARN, Tags={"b": "2", "B": "3"})) == {}
    assert tags(rekognition) == {"a": "1", "b": "2", "B": "3"}


def test_no_tags_change_nothing(rekognition, staff):
    rekognition.tag_resource(ResourceArn=ARN, Tags={"a": "1"})
    rekognition.tag_resource(ResourceArn=ARN, Tags={})
    rekognition.untag_resource(ResourceArn=ARN, TagKeys=[])
    assert tags(rekognition) == {"a": "1"}


def test_tags_are_removed_by_key_and_unknown_keys_ignored(rekognition, staff):
    rekognition.tag_resource(ResourceArn=ARN, Tags={"a": "1", "b": "2", "c": "3"})
    assert body(rekognition.untag_resource(ResourceArn=ARN, TagKeys=["a", "A", "x", "c", "a"])) == {}
    assert tags(rekognition) == {"b": "2"}


def test_tags_are_of_one_collection(rekognition, staff):
    rekognition.create_collection(CollectionId="Staff")
    rekognition.tag_resource(ResourceArn=ARN, Tags={"a": "1"})
    assert tags(rekognition, ARN.replace("staff", "Staff")) == {}


def test_keys_and_values_are_letters_digits_spaces_and_nine_signs_of_any_script(rekognition, staff):
    right = {name: name for name in ("x" * 128, "部署 1", "a_b.c:d/e=f+g-h@i", "AWS:x", "naïve")}
    rekognition.tag_resource(ResourceArn=ARN, Tags=right)
    assert tags(rekognition) == right


def test_other_keys_break_a_constraint(rekognition, staff):
    wrong = ("aws:x", "x" * 129, "a;b", "😀", "a\n")
    refused = dict.fromkeys(wrong, "ValidationException")
    tagged = {name: {"ResourceArn": ARN, "Tags": {name: "x"}} for name in wrong}
    made = {name: {"CollectionId": "new", "Tags": {name: "x"}} for name in wrong}
    assert codes(rekognition.tag_resource, tagged) == codes(rekognition.create_collection, made) == refused
    assert rekognition.list_collections()["CollectionIds"] == ["staff"]


def test_other_values_break_a_constraint(rekognition, staff):
    wrong = ("x" * 257, "a;b", "😀", "a\n")
    requests = {value: {"ResourceArn": ARN, "Tags": {"a": value}} for value in wrong}
    assert codes(rekognition.tag_resource, requests) == dict.fromkeys(wrong, "ValidationException")


def test_a_value_has_up_to_256_signs(rekognition, staff):
    rekognition.tag_resource(ResourceArn=ARN, Tags={"a": "部" * 256})
    assert tags(rekognition) == {"a": "部" * 256}


def test_a_collection_has_200_tags_and_no_more(rekognition, staff):
    rekognition.tag_resource(ResourceArn=ARN, Tags=numbered(0, 200))
    assert code(rekognition.tag_resource, ResourceArn=ARN, Tags={"more": ""}) == "ServiceQuotaExceededException"
    assert tags(rekognition) == numbered(0, 200)


def test_tags_that_would_be_too_many_are_all_left_out(rekognition, staff):
    rekognition.tag_resource(ResourceArn=ARN, Tags=numbered(0, 150))
    request = {"ResourceArn": ARN, "Tags": numbered(149, 201) | {"key-0": "changed"}}
    assert code(rekognition.tag_resource, **request) == "ServiceQuotaExceededException"
    assert tags(rekognition) == numbered(0, 150)


def test_the_tags_of_a_full_collection_may_be_overwritten(rekognition, staff):
    rekognition.tag_resource(ResourceArn=ARN, Tags=numbered(0, 200))
    rekognition.tag_resource(ResourceArn=ARN, Tags={"key-7": "changed"})
    assert tags(rekognition) == numbered(0, 200) | {"key-7": "changed"}


def test_a_request_with_over_200_tags_breaks_a_constraint(rekognition, staff):
    assert code(rekognition.tag_resource, ResourceArn=ARN, Tags=numbered(0, 201)) == "ValidationException"
    assert code(rekognition.create_collection, CollectionId="new", Tags=numbered(0, 201)) == "ValidationException"
    assert code(rekognition.untag_resource, ResourceArn=ARN, TagKeys=list(numbered(0, 201))) == "ValidationException"


def said_of(client, arn):
    """Return what each of the three operations says of an ARN."""
    return {one: code(getattr(client, one), ResourceArn=arn, **request) for one, request in OPERATIONS.items()}


def test_a_collection_that_is_not_there_is_not_found(rekognition, staff):
    assert said_of(rekognition, GHOST_ARN) == dict.fromkeys(OPERATIONS, "ResourceNotFoundException")


def test_a_collection_of_another_account_is_not_found(stranger, staff):
    stranger.create_collection(CollectionId="staff")
    assert set(said_of(stranger, ARN).values()) <= {"ResourceNotFoundException", "AccessDeniedException"}


@pytest.mark.parametrize(
    "arn",
    [
        "no arn but long enough",
        "arn:aws:s3:::staff-photos",
        "arn:aws:rekognition:eu-west-3:000000000000:collection/",
        "arn:aws:rekognition:eu-west-3:000000000000:streamprocessor/staff",
        "arn:aws:rekognition:eu-west-3:000000000000:project/p/version/v/1",
        ARN + "\n",
        "x" * 2048,
    ],
)
def test_what_is_no_collection_is_refused(rekognition, staff, arn):
    assert set(said_of(rekognition, arn).values()) <= {"ResourceNotFoundException", "InvalidParameterException"}


@pytest.mark.parametrize("arn", ["x" * 19, "x" * 2049])
def test_an_arn_of_the_wrong_length_breaks_a_constraint(server, arn):
    request = json.dumps({"ResourceArn": arn, "Tags": {}, "TagKeys": []}).encode()
    operations = ("TagResource", "UntagResource", "ListTagsForResource")
    refused = [ask(server, **signed(f"RekognitionService.{one}", request)) for one in operations]
    assert [json.loads(one.body)["__type"] for one in refused] == ["ValidationException"] * 3


def test_tags_added_at_once_are_all_there(rekognition, staff):
    at_once(*[lambda n=n: rekognition.tag_resource(ResourceArn=ARN, Tags=numbered(n, n + 1)) for n in range(6)])
    assert tags(rekognition) == numbered(0, 6)
