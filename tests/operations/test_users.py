"""Users: CreateUser, DeleteUser, ListUsers, AssociateFaces, DisassociateFaces, SearchUsers, SearchUsersByImage."""

import pytest
from tests.conftest import picture_of
from tests.operations.conftest import GHOST, at_once, body, code, codes, paged, refusal
from tests.pictures import ANNA, BRUNO, CLARA, DAVID, EMMA, Sitter, people

STAFF = {"CollectionId": "staff"}
SPACED = [(column, row) for column in range(1, 39, 3) for row in range(1, 27, 3)]  # 117 places for small faces


def picture(*sitters):
    return {"Bytes": people(*sitters)}


def statuses(rekognition):
    return {user["UserId"]: user["UserStatus"] for user in rekognition.list_users(**STAFF)["Users"]}


def holders(rekognition):
    """Return the user of each face."""
    return {face["FaceId"]: face.get("UserId") for face in rekognition.list_faces(**STAFF)["Faces"]}


def associate(rekognition, user, *faces, **how):
    return rekognition.associate_faces(**STAFF, UserId=user, FaceIds=list(faces), **how)


def disassociate(rekognition, user, *faces, **how):
    return rekognition.disassociate_faces(**STAFF, UserId=user, FaceIds=list(faces), **how)


def found(answer):
    return [match["User"]["UserId"] for match in answer["UserMatches"]]


# CreateUser


def test_a_new_user_is_an_empty_answer_and_has_no_faces(rekognition, staff):
    assert body(rekognition.create_user(**STAFF, UserId="anna")) == {}
    assert statuses(rekognition) == {"anna": "CREATED"}


def test_a_user_that_is_there_is_a_conflict(rekognition, staff, users):
    users(anna=[])
    assert code(rekognition.create_user, **STAFF, UserId="anna") == "ConflictException"
    assert statuses(rekognition) == {"anna": "CREATED"}


def test_user_ids_that_differ_in_case_are_two(rekognition, staff, users):
    users(anna=[], Anna=[])
    assert list(statuses(rekognition)) == ["anna", "Anna"]


def test_a_user_is_of_one_collection(rekognition, staff, users):
    users(anna=[])
    rekognition.create_collection(CollectionId="guests")
    assert body(rekognition.create_user(CollectionId="guests", UserId="anna")) == {}


def test_a_user_id_has_up_to_128_letters_digits_and_four_signs(rekognition, staff):
    for user in ("x" * 128, "a:b_c-d.e"):
        rekognition.create_user(**STAFF, UserId=user)
    assert list(statuses(rekognition)) == ["x" * 128, "a:b_c-d.e"]


def test_other_user_ids_break_a_constraint(rekognition, staff):
    requests = {user: {**STAFF, "UserId": user} for user in ("a b", "a/b", "café", "anna\n", "x" * 129)}
    for ask in (rekognition.create_user, rekognition.search_users, rekognition.list_faces):
        assert codes(ask, requests) == dict.fromkeys(requests, "ValidationException")


# DeleteUser


def test_a_deleted_user_is_gone_and_the_faces_stay(rekognition, team, users):
    users(emma=[team.emma, team.emma_again])
    assert body(rekognition.delete_user(**STAFF, UserId="emma")) == {}
    assert statuses(rekognition) == {}
    assert holders(rekognition) == dict.fromkeys(team.all)


def test_the_faces_of_a_deleted_user_are_free(rekognition, team, users):
    users(emma=[team.emma], other=[])
    rekognition.delete_user(**STAFF, UserId="emma")
    assert associate(rekognition, "other", team.emma)["AssociatedFaces"] == [{"FaceId": team.emma}]
    disassociate(rekognition, "other", team.emma)
    assert rekognition.delete_faces(**STAFF, FaceIds=[team.emma])["DeletedFaces"] == [team.emma]


def test_a_user_made_again_has_no_faces(rekognition, team, users):
    users(emma=[team.emma])
    rekognition.delete_user(**STAFF, UserId="emma")
    users(emma=[])
    assert statuses(rekognition) == {"emma": "CREATED"}
    assert found(rekognition.search_users(**STAFF, FaceId=team.emma)) == []


# Users that are not there


def test_a_user_that_is_not_there_is_not_found(rekognition, staff, enrol, users):
    users(anna=enrol(ANNA))
    ghost = {**STAFF, "UserId": "ghost"}
    assert [
        refusal(rekognition.delete_user, **ghost),
        refusal(rekognition.search_users, **ghost),
        refusal(rekognition.associate_faces, **ghost, FaceIds=[GHOST]),
        refusal(rekognition.disassociate_faces, **ghost, FaceIds=[GHOST]),
    ] == [("ResourceNotFoundException", "The user id: ghost does not exist")] * 4


def test_a_user_of_another_collection_is_not_there(rekognition, staff, users):
    users(anna=[])
    rekognition.create_collection(CollectionId="guests")
    assert code(rekognition.delete_user, CollectionId="guests", UserId="anna") == "ResourceNotFoundException"


# ListUsers


def test_users_are_listed_in_order_of_creation_with_their_status(rekognition, team, users):
    users(c=[team.emma], a=[], b=[team.anna])
    assert body(rekognition.list_users(**STAFF)) == {
        "Users": [
            {"UserId": "c", "UserStatus": "ACTIVE"},
            {"UserId": "a", "UserStatus": "CREATED"},
            {"UserId": "b", "UserStatus": "ACTIVE"},
        ]
    }


def test_a_collection_without_users_lists_none(rekognition, staff):
    assert body(rekognition.list_users(**STAFF)) == {"Users": []}


def test_users_come_in_pages_each_once(rekognition, staff, users):
    users(e=[], d=[], c=[], b=[], a=[])
    pages = paged(rekognition.list_users, **STAFF, MaxResults=2)
    assert [[user["UserId"] for user in page["Users"]] for page in pages if page["Users"]] == [
        ["e", "d"],
        ["c", "b"],
        ["a"],
    ]


def test_the_paginator_lists_each_user_once(rekognition, staff):
    names = [f"user-{number}" for number in range(7)]
    for name in names:
        rekognition.create_user(**STAFF, UserId=name)
    pages = rekognition.get_paginator("list_users").paginate(**STAFF, PaginationConfig={"PageSize": 3})
    assert [user["UserId"] for page in pages for user in page["Users"]] == names


def test_500_users_may_be_listed_at_a_time_and_no_more(rekognition, staff):
    assert rekognition.list_users(**STAFF, MaxResults=500)["Users"] == []
    assert code(rekognition.list_users, **STAFF, MaxResults=501) == "ValidationException"


def test_a_page_token_of_the_faces_is_none_of_the_users(rekognition, team):
    token = rekognition.list_faces(**STAFF, MaxResults=1)["NextToken"]
    assert code(rekognition.list_users, **STAFF, NextToken=token) == "InvalidPaginationTokenException"


def test_a_page_token_of_the_users_is_of_one_collection(rekognition, staff, users):
    users(a=[], b=[])
    rekognition.create_collection(CollectionId="guests")
    token = rekognition.list_users(**STAFF, MaxResults=1)["NextToken"]
    assert code(rekognition.list_users, CollectionId="guests", NextToken=token) == "InvalidPaginationTokenException"


# AssociateFaces


def test_attached_faces_are_answered_in_the_order_asked(rekognition, team, users):
    users(emma=[])
    asked = [team.emma_again, team.emma]
    assert body(associate(rekognition, "emma", *asked)) == {
        "AssociatedFaces": [{"FaceId": face} for face in asked],
        "UnsuccessfulFaceAssociations": [],
        "UserStatus": "ACTIVE",
    }


def test_an_attached_face_tells_its_user_wherever_it_is_met(rekognition, team, users):
    users(emma=[team.emma_again])
    assert holders(rekognition) == dict.fromkeys(team.all) | {team.emma_again: "emma"}
    (by_face,) = rekognition.search_faces(**STAFF, FaceId=team.emma)["FaceMatches"]
    assert by_face["Face"]["UserId"] == "emma"
    matches = rekognition.search_faces_by_image(**STAFF, Image=picture(EMMA))["FaceMatches"]
    assert [match["Face"].get("UserId") for match in matches] == [None, "emma"]


def test_a_face_that_the_user_has_is_in_neither_list(rekognition, team, users):
    users(emma=[team.emma])
    answer = associate(rekognition, "emma", team.emma, team.emma_again)
    assert answer["AssociatedFaces"] == [{"FaceId": team.emma_again}]
    assert answer["UnsuccessfulFaceAssociations"] == []


def test_a_face_that_is_named_twice_is_attached_once(rekognition, team, users):
    users(emma=[])
    assert associate(rekognition, "emma", team.emma, team.emma)["AssociatedFaces"] == [{"FaceId": team.emma}]


def test_a_face_of_another_user_is_not_attached(rekognition, team, users):
    users(emma=[team.emma], other=[])
    answer = associate(rekognition, "other", team.emma, team.anna)
    assert answer["AssociatedFaces"] == [{"FaceId": team.anna}]
    assert answer["UnsuccessfulFaceAssociations"] == [
        {"FaceId": team.emma, "UserId": "emma", "Reasons": ["ASSOCIATED_TO_A_DIFFERENT_USER"]}
    ]
    assert holders(rekognition)[team.emma] == "emma"


def test_a_face_that_is_not_there_is_not_attached(rekognition, team, users):
    users(emma=[])
    answer = associate(rekognition, "emma", GHOST, team.emma)
    assert answer["AssociatedFaces"] == [{"FaceId": team.emma}]
    assert answer["UnsuccessfulFaceAssociations"] == [{"FaceId": GHOST, "Reasons": ["FACE_NOT_FOUND"]}]


def test_a_user_to_whom_nothing_was_attached_stays_as_they_were(rekognition, staff, users):
    users(emma=[])
    answer = associate(rekognition, "emma", GHOST)
    assert (answer["AssociatedFaces"], answer["UserStatus"]) == ([], "CREATED")


def test_a_face_that_is_unlike_the_user_is_not_attached(rekognition, team, users):
    users(emma=[team.emma])
    answer = associate(rekognition, "emma", team.bruno)
    (refused,) = answer["UnsuccessfulFaceAssociations"]
    assert answer["AssociatedFaces"] == []
    assert (refused["FaceId"], refused["Reasons"]) == (team.bruno, ["LOW_MATCH_CONFIDENCE"])
    assert refused["Confidence"] < 75
    assert holders(rekognition)[team.bruno] is None


def test_the_threshold_of_an_attachment_is_75_unless_asked_otherwise(rekognition, team, users):
    users(emma=[team.emma])
    (refused,) = associate(rekognition, "emma", team.sister, UserMatchThreshold=80)["UnsuccessfulFaceAssociations"]
    assert 75 < refused["Confidence"] < 80
    assert associate(rekognition, "emma", team.sister)["AssociatedFaces"] == [{"FaceId": team.sister}]


def test_a_confidence_equal_to_the_threshold_is_enough(rekognition, team, users):
    users(emma=[team.emma])
    (refused,) = associate(rekognition, "emma", team.sister, UserMatchThreshold=100)["UnsuccessfulFaceAssociations"]
    answer = associate(rekognition, "emma", team.sister, UserMatchThreshold=refused["Confidence"])
    assert answer["AssociatedFaces"] == [{"FaceId": team.sister}]


def test_the_first_faces_of_a_user_may_be_unlike_each_other(rekognition, team, users):
    users(crowd=[])
    answer = associate(rekognition, "crowd", team.emma, team.anna, team.bruno, UserMatchThreshold=100)
    assert len(answer["AssociatedFaces"]) == 3


def test_a_threshold_of_0_attaches_anybody(rekognition, team, users):
    users(emma=[team.emma])
    assert len(associate(rekognition, "emma", team.anna, team.bruno, UserMatchThreshold=0)["AssociatedFaces"]) == 2


def test_up_to_100_faces_of_the_right_form_are_named_at_once(rekognition, staff, users):
    users(anna=[])
    wrong = {"short": ["x"], "upper": [GHOST.upper()], "many": [GHOST] * 101}
    requests = {name: {**STAFF, "UserId": "anna", "FaceIds": faces} for name, faces in wrong.items()}
    for ask in (rekognition.associate_faces, rekognition.disassociate_faces):
        assert codes(ask, requests) == dict.fromkeys(wrong, "ValidationException")


@pytest.fixture
def crowd(rekognition, staff):
    """FaceIds of 200 faces, in two pictures that differ in size."""
    pictures = [picture_of(*SPACED, height=height) for height in (224, 256)]
    answers = [rekognition.index_faces(**STAFF, Image={"Bytes": one}, QualityFilter="NONE") for one in pictures]
    return [record["Face"]["FaceId"] for answer in answers for record in answer["FaceRecords"]]


def test_a_user_has_100_faces_and_no_more(rekognition, crowd, users):
    users(many=crowd[:100])
    assert len(rekognition.list_faces(**STAFF, UserId="many")["Faces"]) == 100
    request = {"UserId": "many", "FaceIds": crowd[100:101]}
    assert code(rekognition.associate_faces, **STAFF, **request) == "ServiceQuotaExceededException"
    assert len(rekognition.list_faces(**STAFF, UserId="many")["Faces"]) == 100


def test_faces_that_would_make_a_user_too_large_are_all_left_out(rekognition, crowd, users):
    users(many=crowd[:60])
    request = {"UserId": "many", "FaceIds": crowd[60:101]}
    assert code(rekognition.associate_faces, **STAFF, **request) == "ServiceQuotaExceededException"
    assert len(rekognition.list_faces(**STAFF, UserId="many")["Faces"]) == 60
    assert len(associate(rekognition, "many", *crowd[60:100])["AssociatedFaces"]) == 40


def test_faces_that_a_full_user_has_may_be_named_again(rekognition, crowd, users):
    users(many=crowd[:100])
    answer = associate(rekognition, "many", *crowd[:100])
    assert (answer["AssociatedFaces"], answer["UnsuccessfulFaceAssociations"]) == ([], [])


def test_one_face_that_two_users_ask_for_at_once_goes_to_one(rekognition, team, users):
    users(a=[], b=[], c=[])
    answers = at_once(*[lambda user=user: associate(rekognition, user, team.emma) for user in "abc"])
    assert sum(len(answer["AssociatedFaces"]) for answer in answers) == 1
    assert sorted(statuses(rekognition).values()) == ["ACTIVE", "CREATED", "CREATED"]


# DisassociateFaces


def test_detached_faces_are_answered_in_the_order_asked(rekognition, team, users):
    users(emma=[team.emma, team.emma_again, team.sister])
    asked = [team.sister, team.emma]
    assert body(disassociate(rekognition, "emma", *asked)) == {
        "DisassociatedFaces": [{"FaceId": face} for face in asked],
        "UnsuccessfulFaceDisassociations": [],
        "UserStatus": "ACTIVE",
    }
    assert holders(rekognition) == dict.fromkeys(team.all) | {team.emma_again: "emma"}


def test_a_user_without_faces_is_as_when_made(rekognition, team, users):
    users(emma=[team.emma])
    assert disassociate(rekognition, "emma", team.emma)["UserStatus"] == "CREATED"
    assert statuses(rekognition) == {"emma": "CREATED"}


def test_a_face_without_a_user_is_in_neither_list(rekognition, team, users):
    users(emma=[team.emma])
    answer = disassociate(rekognition, "emma", team.anna, team.emma, team.emma)
    assert answer["DisassociatedFaces"] == [{"FaceId": team.emma}]
    assert answer["UnsuccessfulFaceDisassociations"] == []


def test_a_face_of_another_user_is_not_detached(rekognition, team, users):
    users(emma=[team.emma], anna=[team.anna])
    answer = disassociate(rekognition, "emma", team.anna, GHOST)
    assert answer["DisassociatedFaces"] == []
    assert sorted(answer["UnsuccessfulFaceDisassociations"], key=lambda one: one["FaceId"]) == [
        {"FaceId": team.anna, "UserId": "anna", "Reasons": ["ASSOCIATED_TO_A_DIFFERENT_USER"]},
        {"FaceId": GHOST, "Reasons": ["FACE_NOT_FOUND"]},
    ]
    assert holders(rekognition)[team.anna] == "anna"


def test_a_user_who_lost_every_face_takes_any_face_again(rekognition, team, users):
    users(emma=[team.emma])
    disassociate(rekognition, "emma", team.emma)
    assert associate(rekognition, "emma", team.bruno)["AssociatedFaces"] == [{"FaceId": team.bruno}]


# SearchUsers


def test_users_are_found_by_a_face(rekognition, team, users):
    users(emma=[team.emma_again], anna=[team.anna])
    answer = body(rekognition.search_users(**STAFF, FaceId=team.emma))
    (match,) = answer["UserMatches"]
    assert set(answer) == {"UserMatches", "FaceModelVersion", "SearchedFace"}
    assert (answer["SearchedFace"], answer["FaceModelVersion"]) == ({"FaceId": team.emma}, "0.1")
    assert set(match) == {"Similarity", "User"}
    assert match["User"] == {"UserId": "emma", "UserStatus": "ACTIVE"}
    assert 99 < match["Similarity"] <= 100


def test_users_are_found_by_a_user(rekognition, team, users):
    users(emma=[team.emma], double=[team.emma_again], anna=[team.anna])
    answer = body(rekognition.search_users(**STAFF, UserId="emma"))
    assert set(answer) == {"UserMatches", "FaceModelVersion", "SearchedUser"}
    assert (answer["SearchedUser"], found(answer)) == ({"UserId": "emma"}, ["double"])


def test_a_user_does_not_find_themselves(rekognition, team, users):
    users(emma=[team.emma], anna=[team.anna], bruno=[team.bruno])
    assert set(found(rekognition.search_users(**STAFF, UserId="emma", UserMatchThreshold=0))) == {"anna", "bruno"}


def test_a_face_finds_the_user_it_belongs_to(rekognition, team, users):
    users(emma=[team.emma])
    assert found(rekognition.search_users(**STAFF, FaceId=team.emma)) == ["emma"]


def test_the_most_similar_user_comes_first(rekognition, team, users):
    users(sister=[team.sister], anna=[team.anna], emma=[team.emma_again])
    matches = rekognition.search_users(**STAFF, FaceId=team.emma, UserMatchThreshold=0)
    scores = [match["Similarity"] for match in matches["UserMatches"]]
    assert found(matches) == ["emma", "sister", "anna"]
    assert scores == sorted(scores, reverse=True)


def test_the_threshold_of_a_search_for_users_is_80_unless_asked_otherwise(rekognition, team, users):
    users(sister=[team.sister], emma=[team.emma_again])

    def names(**how):
        return found(rekognition.search_users(**STAFF, FaceId=team.emma, **how))

    assert names(UserMatchThreshold=75) == ["emma", "sister"]
    assert names() == names(UserMatchThreshold=80) == ["emma"]


def test_a_similarity_equal_to_the_threshold_is_a_match(rekognition, team, users):
    users(sister=[team.sister], anna=[team.anna], bruno=[team.bruno])
    matches = rekognition.search_users(**STAFF, FaceId=team.emma, UserMatchThreshold=0)["UserMatches"]
    assert len(matches) == 3
    for match in matches:
        again = rekognition.search_users(**STAFF, FaceId=team.emma, UserMatchThreshold=match["Similarity"])
        assert match["User"]["UserId"] in found(again)


def test_the_most_similar_users_are_kept_where_fewer_are_asked_for(rekognition, team, users):
    users(anna=[team.anna], emma=[team.emma_again])
    matches = rekognition.search_users(**STAFF, FaceId=team.emma, UserMatchThreshold=0, MaxUsers=1)
    assert found(matches) == ["emma"]


def test_users_without_faces_are_not_found(rekognition, team, users):
    users(empty=[], was=[team.emma_again])
    disassociate(rekognition, "was", team.emma_again)
    assert found(rekognition.search_users(**STAFF, FaceId=team.emma, UserMatchThreshold=0)) == []


def test_deleted_users_are_not_found(rekognition, team, users):
    users(emma=[team.emma], anna=[team.anna])
    rekognition.search_users(**STAFF, FaceId=team.emma)
    rekognition.delete_user(**STAFF, UserId="emma")
    assert found(rekognition.search_users(**STAFF, FaceId=team.emma, UserMatchThreshold=0)) == ["anna"]


def test_a_user_is_found_by_the_faces_they_have_now(rekognition, team, users):
    users(one=[team.emma])
    associate(rekognition, "one", team.bruno, UserMatchThreshold=0)
    disassociate(rekognition, "one", team.emma)
    assert found(rekognition.search_users(**STAFF, FaceId=team.bruno)) == ["one"]
    assert found(rekognition.search_users(**STAFF, FaceId=team.emma)) == []


def test_a_user_of_several_faces_is_found_once(rekognition, team, users):
    users(emma=[team.emma, team.emma_again, team.sister])
    assert found(rekognition.search_users(**STAFF, FaceId=team.emma, UserMatchThreshold=0)) == ["emma"]


def test_a_face_that_is_not_there_is_an_invalid_parameter(rekognition, team):
    said = ("InvalidParameterException", "faceId was not found in the collection.")
    assert refusal(rekognition.search_users, **STAFF, FaceId=GHOST) == said


def test_a_search_is_by_a_face_or_a_user(rekognition, team, users):
    users(emma=[team.emma])
    requests = {"neither": STAFF, "both": STAFF | {"FaceId": team.emma, "UserId": "emma"}}
    assert codes(rekognition.search_users, requests) == dict.fromkeys(requests, "InvalidParameterException")


def test_a_user_without_faces_cannot_be_searched_by(rekognition, staff, users):
    users(empty=[])
    assert code(rekognition.search_users, **STAFF, UserId="empty") == "InvalidParameterException"


def test_numbers_out_of_range_break_a_constraint(rekognition, staff):
    for operation, probe in (("search_users", {"FaceId": GHOST}), ("search_users_by_image", {"Image": picture(ANNA)})):
        wrong = {"MaxUsers": 501, "UserMatchThreshold": 100.5}
        requests = {one: {**STAFF, one: wrong[one], **probe} for one in wrong}
        assert codes(getattr(rekognition, operation), requests) == dict.fromkeys(wrong, "ValidationException")


# SearchUsersByImage


def by_image(rekognition, *sitters, **how):
    return rekognition.search_users_by_image(**STAFF, Image=picture(*sitters), **how)


def test_users_are_found_by_a_picture(rekognition, team, users):
    users(emma=[team.emma], anna=[team.anna])
    answer = body(by_image(rekognition, EMMA))
    (match,) = answer["UserMatches"]
    assert set(answer) == {"UserMatches", "FaceModelVersion", "SearchedFace", "UnsearchedFaces"}
    assert (answer["FaceModelVersion"], answer["UnsearchedFaces"]) == ("0.1", [])
    assert match["User"] == {"UserId": "emma", "UserStatus": "ACTIVE"}


def test_the_searched_face_is_described(rekognition, staff):
    seen = rekognition.detect_faces(Image=picture(ANNA))["FaceDetails"][0]
    assert by_image(rekognition, ANNA)["SearchedFace"] == {"FaceDetail": seen}


def test_the_largest_face_is_searched_for_and_the_others_are_told(rekognition, team, users):
    users(emma=[team.emma], bruno=[team.bruno])
    answer = by_image(rekognition, EMMA, Sitter(BRUNO, 16))
    assert found(answer) == ["bruno"]
    seen = rekognition.detect_faces(Image=picture(EMMA, Sitter(BRUNO, 16)))["FaceDetails"]
    assert [one["FaceDetails"] for one in answer["UnsearchedFaces"]] == seen[1:]
    assert [one["Reasons"] for one in answer["UnsearchedFaces"]] == [["FACE_NOT_LARGEST"]] * len(seen[1:])


def test_a_picture_without_a_face_finds_nobody_and_is_no_error(rekognition, team, users):
    users(emma=[team.emma])
    answer = body(rekognition.search_users_by_image(**STAFF, Image={"Bytes": picture_of()}))
    assert answer == {"UserMatches": [], "FaceModelVersion": "0.1", "UnsearchedFaces": []}


def test_a_face_that_fails_the_bar_is_told_and_finds_nobody(rekognition, team, users):
    users(emma=[team.emma])
    answer = by_image(rekognition, EMMA, QualityFilter="AUTO")
    (left_out,) = answer["UnsearchedFaces"]
    assert answer["UserMatches"] == []
    assert "SearchedFace" not in answer
    assert "SMALL_BOUNDING_BOX" in left_out["Reasons"]


def test_the_quality_filter_of_a_search_for_users_is_none_unless_asked_otherwise(rekognition, team, users):
    users(emma=[team.emma])
    assert found(by_image(rekognition, EMMA)) == ["emma"]
    assert found(by_image(rekognition, EMMA, QualityFilter="NONE")) == ["emma"]


def test_threshold_and_number_count_by_picture_too(rekognition, team, users):
    users(sister=[team.sister], emma=[team.emma])
    assert found(by_image(rekognition, EMMA)) == ["emma"]
    assert found(by_image(rekognition, EMMA, UserMatchThreshold=75)) == ["emma", "sister"]
    assert found(by_image(rekognition, EMMA, UserMatchThreshold=0, MaxUsers=1)) == ["emma"]


def test_nobody_known_is_an_empty_answer(rekognition, team, users):
    users(emma=[team.emma])
    assert by_image(rekognition, DAVID)["UserMatches"] == []


# ClientRequestToken

TOKEN = {"ClientRequestToken": "token-1_A"}
TAKEN = (
    "IdempotentParameterMismatchException",
    "The ClientRequestToken: token-1_A you have supplied is already in use.",
)


def test_a_creation_repeated_under_its_token_is_answered_alike(rekognition, staff):
    answers = [body(rekognition.create_user(**STAFF, UserId="anna", **TOKEN)) for _ in range(2)]
    assert answers == [{}, {}]
    assert statuses(rekognition) == {"anna": "CREATED"}


def test_a_deletion_repeated_under_its_token_deletes_once(rekognition, staff, users):
    users(anna=[])
    rekognition.delete_user(**STAFF, UserId="anna", **TOKEN)
    users(anna=[])
    assert body(rekognition.delete_user(**STAFF, UserId="anna", **TOKEN)) == {}
    assert statuses(rekognition) == {"anna": "CREATED"}


def test_an_attachment_repeated_under_its_token_is_answered_alike_and_done_once(rekognition, team, users):
    users(emma=[])
    first = associate(rekognition, "emma", team.emma, GHOST, **TOKEN)
    disassociate(rekognition, "emma", team.emma)
    assert body(associate(rekognition, "emma", team.emma, GHOST, **TOKEN)) == body(first)
    assert holders(rekognition)[team.emma] is None


def test_a_detachment_repeated_under_its_token_is_answered_alike_and_done_once(rekognition, team, users):
    users(emma=[team.emma])
    first = disassociate(rekognition, "emma", team.emma, **TOKEN)
    associate(rekognition, "emma", team.emma)
    assert body(disassociate(rekognition, "emma", team.emma, **TOKEN)) == body(first)
    assert holders(rekognition)[team.emma] == "emma"


def test_a_token_of_another_creation_is_refused(rekognition, staff):
    rekognition.create_user(**STAFF, UserId="anna", **TOKEN)
    assert refusal(rekognition.create_user, **STAFF, UserId="bruno", **TOKEN) == TAKEN
    assert statuses(rekognition) == {"anna": "CREATED"}


def test_a_token_of_another_collection_is_refused(rekognition, staff):
    rekognition.create_user(**STAFF, UserId="anna", **TOKEN)
    rekognition.create_collection(CollectionId="guests")
    assert refusal(rekognition.create_user, CollectionId="guests", UserId="anna", **TOKEN) == TAKEN


def test_a_token_of_another_deletion_is_refused(rekognition, staff, users):
    users(anna=[], bruno=[])
    rekognition.delete_user(**STAFF, UserId="anna", **TOKEN)
    assert refusal(rekognition.delete_user, **STAFF, UserId="bruno", **TOKEN) == TAKEN


@pytest.mark.parametrize("how", [{}, {"UserMatchThreshold": 10}])
def test_a_token_of_another_attachment_is_refused(rekognition, team, users, how):
    users(emma=[])
    associate(rekognition, "emma", team.emma, UserMatchThreshold=0, **TOKEN)
    request = {"UserId": "emma", "FaceIds": [team.emma], **TOKEN, **how}
    assert refusal(rekognition.associate_faces, **STAFF, **request) == TAKEN


def test_a_token_of_another_detachment_is_refused(rekognition, team, users):
    users(emma=[team.emma, team.emma_again])
    disassociate(rekognition, "emma", team.emma, **TOKEN)
    request = {"UserId": "emma", "FaceIds": [team.emma_again], **TOKEN}
    assert refusal(rekognition.disassociate_faces, **STAFF, **request) == TAKEN


def test_a_token_is_of_one_operation(rekognition, team):
    rekognition.create_user(**STAFF, UserId="emma", **TOKEN)
    assert associate(rekognition, "emma", team.emma, **TOKEN)["AssociatedFaces"] == [{"FaceId": team.emma}]
    assert disassociate(rekognition, "emma", team.emma, **TOKEN)["DisassociatedFaces"] == [{"FaceId": team.emma}]
    assert body(rekognition.delete_user(**STAFF, UserId="emma", **TOKEN)) == {}


def test_a_token_is_of_one_account(rekognition, stranger, staff):
    rekognition.create_user(**STAFF, UserId="anna", **TOKEN)
    stranger.create_collection(**STAFF)
    stranger.create_user(**STAFF, UserId="bruno", **TOKEN)
    assert (list(statuses(rekognition)), list(statuses(stranger))) == (["anna"], ["bruno"])


def test_a_token_is_good_for_seven_days(rekognition, staff, time):
    rekognition.create_user(**STAFF, UserId="anna", **TOKEN)
    time.passes(days=6, hours=23)
    assert refusal(rekognition.create_user, **STAFF, UserId="bruno", **TOKEN) == TAKEN
    time.passes(hours=2)
    assert body(rekognition.create_user(**STAFF, UserId="bruno", **TOKEN)) == {}


def test_a_refused_request_does_not_use_up_its_token(rekognition):
    assert code(rekognition.create_user, **STAFF, UserId="anna", **TOKEN) == "ResourceNotFoundException"
    rekognition.create_collection(**STAFF)
    assert body(rekognition.create_user(**STAFF, UserId="anna", **TOKEN)) == {}


def test_requests_under_one_token_at_once_are_done_once_and_all_answered(rekognition, staff):
    outcomes = at_once(*[lambda: body(rekognition.create_user(**STAFF, UserId="anna", **TOKEN))] * 4)
    assert outcomes == [{}] * 4
    assert statuses(rekognition) == {"anna": "CREATED"}


def test_requests_without_a_token_at_once_make_one_user(rekognition, staff):
    outcomes = at_once(*[lambda: body(rekognition.create_user(**STAFF, UserId="anna"))] * 4)
    assert sorted(outcomes, key=str) == ["ConflictException"] * 3 + [{}]


def test_tokens_of_other_signs_break_a_constraint(rekognition, staff):
    wrong = ("a b", "a.b", "x" * 65, "a\n")
    requests = {token: {**STAFF, "UserId": "anna", "ClientRequestToken": token} for token in wrong}
    assert codes(rekognition.create_user, requests) == dict.fromkeys(wrong, "ValidationException")


def test_each_repetition_leaves_an_entry(rekognition, house, staff):
    for _ in range(2):
        rekognition.create_user(**STAFF, UserId="secret-name", **TOKEN)
    entries = house.list_ledger_entries()["Entries"]
    assert [entry["Operation"] for entry in entries] == ["CreateCollection", "CreateUser", "CreateUser"]
    assert "secret-name" not in str(entries)


# Users of people who are alike


def test_a_user_of_two_pictures_is_nearer_to_a_third_than_to_anybody_else(rekognition, enrol, users):
    faces = {who: [*enrol(Sitter(who, take=1)), *enrol(Sitter(who, take=2))] for who in (ANNA, BRUNO, CLARA, EMMA)}
    users(anna=faces[ANNA], bruno=faces[BRUNO], clara=faces[CLARA], emma=faces[EMMA])
    nearest = [
        found(by_image(rekognition, Sitter(who, take=3), UserMatchThreshold=0))[0] for who in (ANNA, BRUNO, CLARA, EMMA)
    ]
    assert nearest == ["anna", "bruno", "clara", "emma"]


# While faces come and go


@pytest.fixture
def restless(rekognition, team, users):
    """What changes the faces of the user emma, who always has one, while searches run, and returns what they gave."""
    users(emma=[team.emma])

    def changing():
        for _ in range(15):
            associate(rekognition, "emma", team.emma_again)
            disassociate(rekognition, "emma", team.emma_again)

    def run(search):
        *given, _ = at_once(*[lambda: [search() for _ in range(20)]] * 2, changing)
        return given

    return run


def test_a_user_is_found_at_every_moment_while_their_faces_change(rekognition, team, restless):
    given = restless(lambda: found(rekognition.search_users(**STAFF, FaceId=team.anna, UserMatchThreshold=0)))
    assert given == [[["emma"]] * 20] * 2


def test_a_user_can_be_searched_by_at_every_moment_while_their_faces_change(rekognition, users, restless):
    users(empty=[])
    given = restless(lambda: found(rekognition.search_users(**STAFF, UserId="emma", UserMatchThreshold=0)))
    assert given == [[[]] * 20] * 2


def test_a_user_is_listed_at_every_moment_while_their_faces_change(rekognition, restless):
    assert restless(lambda: statuses(rekognition)) == [[{"emma": "ACTIVE"}] * 20] * 2


def test_no_name_stays_after_its_user_or_collection_has_gone(rekognition, parts, users, team):
    def kept():
        with parts.database.engine.connect() as connection:
            return str(connection.exec_driver_sql("SELECT * FROM answered").all())

    users(jane=[team.emma], other=[])
    rekognition.associate_faces(**STAFF, UserId="other", FaceIds=[team.emma])
    assert "jane" in kept()
    rekognition.delete_user(**STAFF, UserId="jane")
    assert "jane" not in kept()
    rekognition.delete_collection(**STAFF)
    assert kept() == "[]"
