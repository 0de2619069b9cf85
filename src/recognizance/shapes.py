# GENERATED from botocore 1.44.5 by `make shapes`. Do not edit.
"""Requests and responses of Rekognition and of the house operations, as the wire's service models have them.

A request has been checked against its model: what a TypedDict requires is there, and bytes, times and floats are
Python's. In a response, None is left out.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, NotRequired, TypeAlias, TypedDict


class AbandonReembeddingRequest(TypedDict):
    """What AbandonReembedding is asked."""

    CollectionId: str


class AbandonReembeddingResponse(TypedDict):
    """What AbandonReembedding answers."""

    Erased: NotRequired[int]


class AccessKeyDescription(TypedDict):
    """Part of CreateKey, ListKeys and 3 more."""

    AccessKeyId: NotRequired[str]
    Name: NotRequired[str]
    Person: NotRequired[str]
    Roles: NotRequired[list[str]]
    Purpose: NotRequired[str]
    State: NotRequired[str]
    MadeBy: NotRequired[str]
    CreatedAt: NotRequired[datetime]
    ExpiresAt: NotRequired[datetime]
    RotatedAt: NotRequired[datetime]
    RevokedAt: NotRequired[datetime]
    RevokedWhy: NotRequired[str]


class AddCosignatureRequest(TypedDict):
    """What AddCosignature is asked."""

    Note: str
    WitnessKey: str


class AddCosignatureResponse(TypedDict):
    """What AddCosignature answers."""

    Checkpoint: Checkpoint


class AdoptPolicyRequest(TypedDict):
    """What AdoptPolicy is asked."""

    Policy: str
    Why: str


class AdoptPolicyResponse(TypedDict):
    """What AdoptPolicy answers."""

    From: NotRequired[str]
    To: NotRequired[str]
    Digest: NotRequired[str]


class AgeRange(TypedDict):
    """Part of DetectFaces, GetCelebrityRecognition and 5 more."""

    Low: NotRequired[int]
    High: NotRequired[int]


class Asset(TypedDict):
    """Part of CreateProjectVersion, DescribeProjectVersions."""

    GroundTruthManifest: NotRequired[GroundTruthManifest]


class AssociateFacesRequest(TypedDict):
    """What AssociateFaces is asked."""

    CollectionId: str
    UserId: str
    FaceIds: list[str]
    UserMatchThreshold: NotRequired[float]
    ClientRequestToken: NotRequired[str]


class AssociateFacesResponse(TypedDict):
    """What AssociateFaces answers."""

    AssociatedFaces: NotRequired[list[AssociatedFace]]
    UnsuccessfulFaceAssociations: NotRequired[list[UnsuccessfulFaceAssociation]]
    UserStatus: NotRequired[UserStatus]


class AssociatedFace(TypedDict):
    """Part of AssociateFaces."""

    FaceId: NotRequired[str]


Attribute: TypeAlias = Literal[
    "DEFAULT",
    "ALL",
    "AGE_RANGE",
    "BEARD",
    "EMOTIONS",
    "EYE_DIRECTION",
    "EYEGLASSES",
    "EYES_OPEN",
    "GENDER",
    "MOUTH_OPEN",
    "MUSTACHE",
    "FACE_OCCLUDED",
    "SMILE",
    "SUNGLASSES",
]


class AudioMetadata(TypedDict):
    """Part of GetSegmentDetection."""

    Codec: NotRequired[str]
    DurationMillis: NotRequired[int]
    SampleRate: NotRequired[int]
    NumberOfChannels: NotRequired[int]


class AuditDescription(TypedDict):
    """Part of ListAudits."""

    AuditId: NotRequired[str]
    Protocol: NotRequired[str]
    Digest: NotRequired[str]
    Summary: NotRequired[str]
    LedgerEntry: NotRequired[int]
    RecordedAt: NotRequired[datetime]
    RecordedBy: NotRequired[str]
    Findings: NotRequired[int]


class AuditFinding(TypedDict):
    """Part of RecordAudit."""

    Kind: str
    Group: NotRequired[str]
    Said: str


class AuditImage(TypedDict):
    """Part of GetFaceLivenessSessionResults."""

    Bytes: NotRequired[bytes]
    S3Object: NotRequired[S3Object]
    BoundingBox: NotRequired[BoundingBox]


AuthorisationDecision: TypeAlias = Literal["granted", "refused"]


class AuthorisationDescription(TypedDict):
    """Part of DecideAuthorisation, DescribeAuthorisation and 2 more."""

    AuthorisationId: NotRequired[str]
    Case: NotRequired[str]
    Basis: NotRequired[str]
    Authority: NotRequired[str]
    State: NotRequired[AuthorisationState]
    OpenedAt: NotRequired[datetime]
    OpenedBy: NotRequired[str]
    DecideBy: NotRequired[datetime]
    DecidedAt: NotRequired[datetime]
    DecidedBy: NotRequired[str]
    Reference: NotRequired[str]
    ExpiresAt: NotRequired[datetime]
    SealedAt: NotRequired[datetime]


AuthorisationState: TypeAlias = Literal["pending", "requested", "granted", "refused", "lapsed", "expired"]


class Beard(TypedDict):
    """Part of DetectFaces, GetCelebrityRecognition and 5 more."""

    Value: NotRequired[bool]
    Confidence: NotRequired[float]


class BlackFrame(TypedDict):
    """Part of StartSegmentDetection."""

    MaxPixelThreshold: NotRequired[float]
    MinCoveragePercentage: NotRequired[float]


BodyPart: TypeAlias = Literal["FACE", "HEAD", "LEFT_HAND", "RIGHT_HAND"]


class BoundingBox(TypedDict):
    """Part of CompareFaces, CreateStreamProcessor and 21 more."""

    Width: NotRequired[float]
    Height: NotRequired[float]
    Left: NotRequired[float]
    Top: NotRequired[float]


class Celebrity(TypedDict):
    """Part of RecognizeCelebrities."""

    Urls: NotRequired[list[str]]
    Name: NotRequired[str]
    Id: NotRequired[str]
    Face: NotRequired[ComparedFace]
    MatchConfidence: NotRequired[float]
    KnownGender: NotRequired[KnownGender]


class CelebrityDetail(TypedDict):
    """Part of GetCelebrityRecognition."""

    Urls: NotRequired[list[str]]
    Name: NotRequired[str]
    Id: NotRequired[str]
    Confidence: NotRequired[float]
    BoundingBox: NotRequired[BoundingBox]
    Face: NotRequired[FaceDetail]
    KnownGender: NotRequired[KnownGender]


class CelebrityRecognition(TypedDict):
    """Part of GetCelebrityRecognition."""

    Timestamp: NotRequired[int]
    Celebrity: NotRequired[CelebrityDetail]


CelebrityRecognitionSortBy: TypeAlias = Literal["ID", "TIMESTAMP"]


class Challenge(TypedDict):
    """Part of GetFaceLivenessSessionResults."""

    Type: ChallengeType
    Version: str


class ChallengePreference(TypedDict):
    """Part of CreateFaceLivenessSession."""

    Type: ChallengeType
    Versions: NotRequired[Versions]


ChallengeType: TypeAlias = Literal["FaceMovementAndLightChallenge", "FaceMovementChallenge"]


class CheckCollectionRequest(TypedDict):
    """What CheckCollection is asked."""

    CollectionId: str


class CheckCollectionResponse(TypedDict):
    """What CheckCollection answers."""

    CollectionId: str
    Revision: int
    Vectors: int
    Root: str
    ComputedRoot: str
    RecordedRoot: NotRequired[str]
    RecordedEntry: NotRequired[int]
    Sound: bool
    Sentence: str


class Checkpoint(TypedDict):
    """Part of AddCosignature, DescribeLedger and 4 more."""

    Size: int
    At: datetime
    Note: str


class CloseFindingRequest(TypedDict):
    """What CloseFinding is asked."""

    FindingId: str
    Note: str
    Digest: NotRequired[str]


class CloseFindingResponse(TypedDict):
    """What CloseFinding answers."""

    Finding: NotRequired[FindingDescription]


class CompareFacesMatch(TypedDict):
    """Part of CompareFaces."""

    Similarity: NotRequired[float]
    Face: NotRequired[ComparedFace]


class CompareFacesRequest(TypedDict):
    """What CompareFaces is asked."""

    SourceImage: Image
    TargetImage: Image
    SimilarityThreshold: NotRequired[float]
    QualityFilter: NotRequired[QualityFilter]


class CompareFacesResponse(TypedDict):
    """What CompareFaces answers."""

    SourceImageFace: NotRequired[ComparedSourceImageFace]
    FaceMatches: NotRequired[list[CompareFacesMatch]]
    UnmatchedFaces: NotRequired[list[ComparedFace]]
    SourceImageOrientationCorrection: NotRequired[OrientationCorrection]
    TargetImageOrientationCorrection: NotRequired[OrientationCorrection]


class ComparedFace(TypedDict):
    """Part of CompareFaces, RecognizeCelebrities."""

    BoundingBox: NotRequired[BoundingBox]
    Confidence: NotRequired[float]
    Landmarks: NotRequired[list[Landmark]]
    Pose: NotRequired[Pose]
    Quality: NotRequired[ImageQuality]
    Emotions: NotRequired[list[Emotion]]
    Smile: NotRequired[Smile]


class ComparedSourceImageFace(TypedDict):
    """Part of CompareFaces."""

    BoundingBox: NotRequired[BoundingBox]
    Confidence: NotRequired[float]


class ConnectedHomeSettings(TypedDict):
    """Part of CreateStreamProcessor, DescribeStreamProcessor."""

    Labels: list[str]
    MinConfidence: NotRequired[float]


class ConnectedHomeSettingsForUpdate(TypedDict):
    """Part of UpdateStreamProcessor."""

    Labels: NotRequired[list[str]]
    MinConfidence: NotRequired[float]


ContentClassifier: TypeAlias = Literal["FreeOfPersonallyIdentifiableInformation", "FreeOfAdultContent"]


ContentModerationAggregateBy: TypeAlias = Literal["TIMESTAMPS", "SEGMENTS"]


class ContentModerationDetection(TypedDict):
    """Part of GetContentModeration."""

    Timestamp: NotRequired[int]
    ModerationLabel: NotRequired[ModerationLabel]
    StartTimestampMillis: NotRequired[int]
    EndTimestampMillis: NotRequired[int]
    DurationMillis: NotRequired[int]
    ContentTypes: NotRequired[list[ContentType]]


ContentModerationSortBy: TypeAlias = Literal["NAME", "TIMESTAMP"]


class ContentType(TypedDict):
    """Part of DetectModerationLabels, GetContentModeration."""

    Confidence: NotRequired[float]
    Name: NotRequired[str]


class CopyProjectVersionRequest(TypedDict):
    """What CopyProjectVersion is asked."""

    SourceProjectArn: str
    SourceProjectVersionArn: str
    DestinationProjectArn: str
    VersionName: str
    OutputConfig: OutputConfig
    Tags: NotRequired[dict[str, str]]
    KmsKeyId: NotRequired[str]


class CopyProjectVersionResponse(TypedDict):
    """What CopyProjectVersion answers."""

    ProjectVersionArn: NotRequired[str]


class CoversBodyPart(TypedDict):
    """Part of DetectProtectiveEquipment."""

    Confidence: NotRequired[float]
    Value: NotRequired[bool]


class CreateBackupRequest(TypedDict):
    """What CreateBackup is asked."""


class CreateBackupResponse(TypedDict):
    """What CreateBackup answers."""

    Name: NotRequired[str]
    Bytes: NotRequired[int]
    Sha256: NotRequired[str]
    Entries: NotRequired[int]
    Collections: NotRequired[int]
    Faces: NotRequired[int]


class CreateCollectionRequest(TypedDict):
    """What CreateCollection is asked."""

    CollectionId: str
    Tags: NotRequired[dict[str, str]]


class CreateCollectionResponse(TypedDict):
    """What CreateCollection answers."""

    StatusCode: NotRequired[int]
    CollectionArn: NotRequired[str]
    FaceModelVersion: NotRequired[str]


class CreateDatasetRequest(TypedDict):
    """What CreateDataset is asked."""

    DatasetSource: NotRequired[DatasetSource]
    DatasetType: DatasetType
    ProjectArn: str
    Tags: NotRequired[dict[str, str]]


class CreateDatasetResponse(TypedDict):
    """What CreateDataset answers."""

    DatasetArn: NotRequired[str]


class CreateFaceLivenessSessionRequest(TypedDict):
    """What CreateFaceLivenessSession is asked."""

    KmsKeyId: NotRequired[str]
    Settings: NotRequired[CreateFaceLivenessSessionRequestSettings]
    ClientRequestToken: NotRequired[str]


class CreateFaceLivenessSessionRequestSettings(TypedDict):
    """Part of CreateFaceLivenessSession."""

    OutputConfig: NotRequired[LivenessOutputConfig]
    AuditImagesLimit: NotRequired[int]
    ChallengePreferences: NotRequired[list[ChallengePreference]]


class CreateFaceLivenessSessionResponse(TypedDict):
    """What CreateFaceLivenessSession answers."""

    SessionId: str


class CreateKeyRequest(TypedDict):
    """What CreateKey is asked."""

    Name: str
    Person: NotRequired[str]
    Roles: list[str]
    Purpose: NotRequired[str]
    ExpiresAt: NotRequired[datetime]


class CreateKeyResponse(TypedDict):
    """What CreateKey answers."""

    AccessKeyId: NotRequired[str]
    SecretAccessKey: NotRequired[str]
    Key: NotRequired[AccessKeyDescription]


class CreateProjectRequest(TypedDict):
    """What CreateProject is asked."""

    ProjectName: str
    Feature: NotRequired[CustomizationFeature]
    AutoUpdate: NotRequired[ProjectAutoUpdate]
    Tags: NotRequired[dict[str, str]]


class CreateProjectResponse(TypedDict):
    """What CreateProject answers."""

    ProjectArn: NotRequired[str]


class CreateProjectVersionRequest(TypedDict):
    """What CreateProjectVersion is asked."""

    ProjectArn: str
    VersionName: str
    OutputConfig: OutputConfig
    TrainingData: NotRequired[TrainingData]
    TestingData: NotRequired[TestingData]
    Tags: NotRequired[dict[str, str]]
    KmsKeyId: NotRequired[str]
    VersionDescription: NotRequired[str]
    FeatureConfig: NotRequired[CustomizationFeatureConfig]


class CreateProjectVersionResponse(TypedDict):
    """What CreateProjectVersion answers."""

    ProjectVersionArn: NotRequired[str]


class CreateSessionRequest(TypedDict):
    """What CreateSession is asked."""

    DurationSeconds: int
    Roles: NotRequired[list[str]]
    Purpose: NotRequired[str]
    Case: NotRequired[str]
    Authorisation: NotRequired[str]
    Collections: NotRequired[list[str]]
    AccessKeyId: NotRequired[str]


class CreateSessionResponse(TypedDict):
    """What CreateSession answers."""

    AccessKeyId: NotRequired[str]
    SecretAccessKey: NotRequired[str]
    SessionToken: NotRequired[str]
    Expiration: NotRequired[datetime]


class CreateStreamProcessorRequest(TypedDict):
    """What CreateStreamProcessor is asked."""

    Input: StreamProcessorInput
    Output: StreamProcessorOutput
    Name: str
    Settings: StreamProcessorSettings
    RoleArn: str
    Tags: NotRequired[dict[str, str]]
    NotificationChannel: NotRequired[StreamProcessorNotificationChannel]
    KmsKeyId: NotRequired[str]
    RegionsOfInterest: NotRequired[list[RegionOfInterest]]
    DataSharingPreference: NotRequired[StreamProcessorDataSharingPreference]


class CreateStreamProcessorResponse(TypedDict):
    """What CreateStreamProcessor answers."""

    StreamProcessorArn: NotRequired[str]


class CreateUserRequest(TypedDict):
    """What CreateUser is asked."""

    CollectionId: str
    UserId: str
    ClientRequestToken: NotRequired[str]


class CreateUserResponse(TypedDict):
    """What CreateUser answers."""


class CustomLabel(TypedDict):
    """Part of DetectCustomLabels."""

    Name: NotRequired[str]
    Confidence: NotRequired[float]
    Geometry: NotRequired[Geometry]


CustomizationFeature: TypeAlias = Literal["CONTENT_MODERATION", "CUSTOM_LABELS"]


class CustomizationFeatureConfig(TypedDict):
    """Part of CreateProjectVersion, DescribeProjectVersions."""

    ContentModeration: NotRequired[CustomizationFeatureContentModerationConfig]


class CustomizationFeatureContentModerationConfig(TypedDict):
    """Part of CreateProjectVersion, DescribeProjectVersions."""

    ConfidenceThreshold: NotRequired[float]


class DatasetChanges(TypedDict):
    """Part of UpdateDatasetEntries."""

    GroundTruth: bytes


class DatasetDescription(TypedDict):
    """Part of DescribeDataset."""

    CreationTimestamp: NotRequired[datetime]
    LastUpdatedTimestamp: NotRequired[datetime]
    Status: NotRequired[DatasetStatus]
    StatusMessage: NotRequired[str]
    StatusMessageCode: NotRequired[DatasetStatusMessageCode]
    DatasetStats: NotRequired[DatasetStats]


class DatasetLabelDescription(TypedDict):
    """Part of ListDatasetLabels."""

    LabelName: NotRequired[str]
    LabelStats: NotRequired[DatasetLabelStats]


class DatasetLabelStats(TypedDict):
    """Part of ListDatasetLabels."""

    EntryCount: NotRequired[int]
    BoundingBoxCount: NotRequired[int]


class DatasetMetadata(TypedDict):
    """Part of DescribeProjects."""

    CreationTimestamp: NotRequired[datetime]
    DatasetType: NotRequired[DatasetType]
    DatasetArn: NotRequired[str]
    Status: NotRequired[DatasetStatus]
    StatusMessage: NotRequired[str]
    StatusMessageCode: NotRequired[DatasetStatusMessageCode]


class DatasetSource(TypedDict):
    """Part of CreateDataset."""

    GroundTruthManifest: NotRequired[GroundTruthManifest]
    DatasetArn: NotRequired[str]


class DatasetStats(TypedDict):
    """Part of DescribeDataset."""

    LabeledEntries: NotRequired[int]
    TotalEntries: NotRequired[int]
    TotalLabels: NotRequired[int]
    ErrorEntries: NotRequired[int]


DatasetStatus: TypeAlias = Literal[
    "CREATE_IN_PROGRESS",
    "CREATE_COMPLETE",
    "CREATE_FAILED",
    "UPDATE_IN_PROGRESS",
    "UPDATE_COMPLETE",
    "UPDATE_FAILED",
    "DELETE_IN_PROGRESS",
]


DatasetStatusMessageCode: TypeAlias = Literal["SUCCESS", "SERVICE_ERROR", "CLIENT_ERROR"]


DatasetType: TypeAlias = Literal["TRAIN", "TEST"]


class DecideAuthorisationRequest(TypedDict):
    """What DecideAuthorisation is asked."""

    AuthorisationId: str
    Decision: AuthorisationDecision
    Reference: str
    ExpiresAt: NotRequired[datetime]


class DecideAuthorisationResponse(TypedDict):
    """What DecideAuthorisation answers."""

    Authorisation: NotRequired[AuthorisationDescription]


class DeleteCollectionRequest(TypedDict):
    """What DeleteCollection is asked."""

    CollectionId: str


class DeleteCollectionResponse(TypedDict):
    """What DeleteCollection answers."""

    StatusCode: NotRequired[int]


class DeleteDatasetRequest(TypedDict):
    """What DeleteDataset is asked."""

    DatasetArn: str


class DeleteDatasetResponse(TypedDict):
    """What DeleteDataset answers."""


class DeleteFacesRequest(TypedDict):
    """What DeleteFaces is asked."""

    CollectionId: str
    FaceIds: list[str]


class DeleteFacesResponse(TypedDict):
    """What DeleteFaces answers."""

    DeletedFaces: NotRequired[list[str]]
    UnsuccessfulFaceDeletions: NotRequired[list[UnsuccessfulFaceDeletion]]


class DeleteProjectPolicyRequest(TypedDict):
    """What DeleteProjectPolicy is asked."""

    ProjectArn: str
    PolicyName: str
    PolicyRevisionId: NotRequired[str]


class DeleteProjectPolicyResponse(TypedDict):
    """What DeleteProjectPolicy answers."""


class DeleteProjectRequest(TypedDict):
    """What DeleteProject is asked."""

    ProjectArn: str


class DeleteProjectResponse(TypedDict):
    """What DeleteProject answers."""

    Status: NotRequired[ProjectStatus]


class DeleteProjectVersionRequest(TypedDict):
    """What DeleteProjectVersion is asked."""

    ProjectVersionArn: str


class DeleteProjectVersionResponse(TypedDict):
    """What DeleteProjectVersion answers."""

    Status: NotRequired[ProjectVersionStatus]


class DeleteStreamProcessorRequest(TypedDict):
    """What DeleteStreamProcessor is asked."""

    Name: str


class DeleteStreamProcessorResponse(TypedDict):
    """What DeleteStreamProcessor answers."""


class DeleteUserRequest(TypedDict):
    """What DeleteUser is asked."""

    CollectionId: str
    UserId: str
    ClientRequestToken: NotRequired[str]


class DeleteUserResponse(TypedDict):
    """What DeleteUser answers."""


class DescribeAuthorisationRequest(TypedDict):
    """What DescribeAuthorisation is asked."""

    AuthorisationId: str


class DescribeAuthorisationResponse(TypedDict):
    """What DescribeAuthorisation answers."""

    Authorisation: NotRequired[AuthorisationDescription]


class DescribeCollectionRequest(TypedDict):
    """What DescribeCollection is asked."""

    CollectionId: str


class DescribeCollectionResponse(TypedDict):
    """What DescribeCollection answers."""

    FaceCount: NotRequired[int]
    FaceModelVersion: NotRequired[str]
    CollectionARN: NotRequired[str]
    CreationTimestamp: NotRequired[datetime]
    UserCount: NotRequired[int]


class DescribeDatasetRequest(TypedDict):
    """What DescribeDataset is asked."""

    DatasetArn: str


class DescribeDatasetResponse(TypedDict):
    """What DescribeDataset answers."""

    DatasetDescription: NotRequired[DatasetDescription]


class DescribeLedgerRequest(TypedDict):
    """What DescribeLedger is asked."""


class DescribeLedgerResponse(TypedDict):
    """What DescribeLedger answers."""

    Origin: str
    VerifierKey: str
    Size: int
    RootHash: bytes
    LastAt: NotRequired[datetime]
    Checkpoint: NotRequired[Checkpoint]


class DescribePolicyRequest(TypedDict):
    """What DescribePolicy is asked."""


class DescribePolicyResponse(TypedDict):
    """What DescribePolicy answers."""

    Name: NotRequired[str]
    Digest: NotRequired[str]
    Rules: NotRequired[list[PolicyRule]]


class DescribeProjectVersionsRequest(TypedDict):
    """What DescribeProjectVersions is asked."""

    ProjectArn: str
    VersionNames: NotRequired[list[str]]
    NextToken: NotRequired[str]
    MaxResults: NotRequired[int]


class DescribeProjectVersionsResponse(TypedDict):
    """What DescribeProjectVersions answers."""

    ProjectVersionDescriptions: NotRequired[list[ProjectVersionDescription]]
    NextToken: NotRequired[str]


class DescribeProjectsRequest(TypedDict):
    """What DescribeProjects is asked."""

    NextToken: NotRequired[str]
    MaxResults: NotRequired[int]
    ProjectNames: NotRequired[list[str]]
    Features: NotRequired[list[CustomizationFeature]]


class DescribeProjectsResponse(TypedDict):
    """What DescribeProjects answers."""

    ProjectDescriptions: NotRequired[list[ProjectDescription]]
    NextToken: NotRequired[str]


class DescribeReembeddingRequest(TypedDict):
    """What DescribeReembedding is asked."""

    CollectionId: str


class DescribeReembeddingResponse(TypedDict):
    """What DescribeReembedding answers."""

    Model: NotRequired[str]
    FaceModelVersion: NotRequired[str]
    StartedAt: NotRequired[datetime]
    Faces: NotRequired[int]
    Done: NotRequired[int]
    Left: NotRequired[int]
    LeftFaces: NotRequired[list[LeftFace]]


class DescribeReviewRequest(TypedDict):
    """What DescribeReview is asked."""

    ReviewId: str


class DescribeReviewResponse(TypedDict):
    """What DescribeReview answers."""

    Review: NotRequired[ReviewSummary]
    Sentence: NotRequired[str]
    Labels: NotRequired[list[str]]
    Verdicts: NotRequired[list[VerdictDescription]]
    Confirmed: NotRequired[int]
    Rejected: NotRequired[int]
    Candidates: NotRequired[list[int]]
    Seeded: NotRequired[bool]
    RejectedBefore: NotRequired[list[int]]


class DescribeStreamProcessorRequest(TypedDict):
    """What DescribeStreamProcessor is asked."""

    Name: str


class DescribeStreamProcessorResponse(TypedDict):
    """What DescribeStreamProcessor answers."""

    Name: NotRequired[str]
    StreamProcessorArn: NotRequired[str]
    Status: NotRequired[StreamProcessorStatus]
    StatusMessage: NotRequired[str]
    CreationTimestamp: NotRequired[datetime]
    LastUpdateTimestamp: NotRequired[datetime]
    Input: NotRequired[StreamProcessorInput]
    Output: NotRequired[StreamProcessorOutput]
    RoleArn: NotRequired[str]
    Settings: NotRequired[StreamProcessorSettings]
    NotificationChannel: NotRequired[StreamProcessorNotificationChannel]
    KmsKeyId: NotRequired[str]
    RegionsOfInterest: NotRequired[list[RegionOfInterest]]
    DataSharingPreference: NotRequired[StreamProcessorDataSharingPreference]


class DescribeWitnessRequest(TypedDict):
    """What DescribeWitness is asked."""


class DescribeWitnessResponse(TypedDict):
    """What DescribeWitness answers."""

    VerifierKey: str
    Witnessed: list[WitnessedLog]


class DetectCustomLabelsRequest(TypedDict):
    """What DetectCustomLabels is asked."""

    ProjectVersionArn: str
    Image: Image
    MaxResults: NotRequired[int]
    MinConfidence: NotRequired[float]


class DetectCustomLabelsResponse(TypedDict):
    """What DetectCustomLabels answers."""

    CustomLabels: NotRequired[list[CustomLabel]]


class DetectFacesRequest(TypedDict):
    """What DetectFaces is asked."""

    Image: Image
    Attributes: NotRequired[list[Attribute]]


class DetectFacesResponse(TypedDict):
    """What DetectFaces answers."""

    FaceDetails: NotRequired[list[FaceDetail]]
    OrientationCorrection: NotRequired[OrientationCorrection]


DetectLabelsFeatureName: TypeAlias = Literal["GENERAL_LABELS", "IMAGE_PROPERTIES"]


class DetectLabelsImageBackground(TypedDict):
    """Part of DetectLabels."""

    Quality: NotRequired[DetectLabelsImageQuality]
    DominantColors: NotRequired[list[DominantColor]]


class DetectLabelsImageForeground(TypedDict):
    """Part of DetectLabels."""

    Quality: NotRequired[DetectLabelsImageQuality]
    DominantColors: NotRequired[list[DominantColor]]


class DetectLabelsImageProperties(TypedDict):
    """Part of DetectLabels."""

    Quality: NotRequired[DetectLabelsImageQuality]
    DominantColors: NotRequired[list[DominantColor]]
    Foreground: NotRequired[DetectLabelsImageForeground]
    Background: NotRequired[DetectLabelsImageBackground]


class DetectLabelsImagePropertiesSettings(TypedDict):
    """Part of DetectLabels."""

    MaxDominantColors: NotRequired[int]


class DetectLabelsImageQuality(TypedDict):
    """Part of DetectLabels."""

    Brightness: NotRequired[float]
    Sharpness: NotRequired[float]
    Contrast: NotRequired[float]


class DetectLabelsRequest(TypedDict):
    """What DetectLabels is asked."""

    Image: Image
    MaxLabels: NotRequired[int]
    MinConfidence: NotRequired[float]
    Features: NotRequired[list[DetectLabelsFeatureName]]
    Settings: NotRequired[DetectLabelsSettings]


class DetectLabelsResponse(TypedDict):
    """What DetectLabels answers."""

    Labels: NotRequired[list[Label]]
    OrientationCorrection: NotRequired[OrientationCorrection]
    LabelModelVersion: NotRequired[str]
    ImageProperties: NotRequired[DetectLabelsImageProperties]


class DetectLabelsSettings(TypedDict):
    """Part of DetectLabels."""

    GeneralLabels: NotRequired[GeneralLabelsSettings]
    ImageProperties: NotRequired[DetectLabelsImagePropertiesSettings]


class DetectModerationLabelsRequest(TypedDict):
    """What DetectModerationLabels is asked."""

    Image: Image
    MinConfidence: NotRequired[float]
    HumanLoopConfig: NotRequired[HumanLoopConfig]
    ProjectVersion: NotRequired[str]


class DetectModerationLabelsResponse(TypedDict):
    """What DetectModerationLabels answers."""

    ModerationLabels: NotRequired[list[ModerationLabel]]
    ModerationModelVersion: NotRequired[str]
    HumanLoopActivationOutput: NotRequired[HumanLoopActivationOutput]
    ProjectVersion: NotRequired[str]
    ContentTypes: NotRequired[list[ContentType]]


class DetectProtectiveEquipmentRequest(TypedDict):
    """What DetectProtectiveEquipment is asked."""

    Image: Image
    SummarizationAttributes: NotRequired[ProtectiveEquipmentSummarizationAttributes]


class DetectProtectiveEquipmentResponse(TypedDict):
    """What DetectProtectiveEquipment answers."""

    ProtectiveEquipmentModelVersion: NotRequired[str]
    Persons: NotRequired[list[ProtectiveEquipmentPerson]]
    Summary: NotRequired[ProtectiveEquipmentSummary]


class DetectTextFilters(TypedDict):
    """Part of DetectText."""

    WordFilter: NotRequired[DetectionFilter]
    RegionsOfInterest: NotRequired[list[RegionOfInterest]]


class DetectTextRequest(TypedDict):
    """What DetectText is asked."""

    Image: Image
    Filters: NotRequired[DetectTextFilters]


class DetectTextResponse(TypedDict):
    """What DetectText answers."""

    TextDetections: NotRequired[list[TextDetection]]
    TextModelVersion: NotRequired[str]


class DetectionFilter(TypedDict):
    """Part of DetectText, StartTextDetection."""

    MinConfidence: NotRequired[float]
    MinBoundingBoxHeight: NotRequired[float]
    MinBoundingBoxWidth: NotRequired[float]


class DisassociateFacesRequest(TypedDict):
    """What DisassociateFaces is asked."""

    CollectionId: str
    UserId: str
    ClientRequestToken: NotRequired[str]
    FaceIds: list[str]


class DisassociateFacesResponse(TypedDict):
    """What DisassociateFaces answers."""

    DisassociatedFaces: NotRequired[list[DisassociatedFace]]
    UnsuccessfulFaceDisassociations: NotRequired[list[UnsuccessfulFaceDisassociation]]
    UserStatus: NotRequired[UserStatus]


class DisassociatedFace(TypedDict):
    """Part of DisassociateFaces."""

    FaceId: NotRequired[str]


class DiscloseCaseRequest(TypedDict):
    """What DiscloseCase is asked."""

    Case: str
    After: NotRequired[int]
    TreeSize: NotRequired[int]


class DiscloseCaseResponse(TypedDict):
    """What DiscloseCase answers."""

    Disclosure: str
    Sha256: str
    TreeSize: int
    Next: NotRequired[int]


class DistributeDataset(TypedDict):
    """Part of DistributeDatasetEntries."""

    Arn: str


class DistributeDatasetEntriesRequest(TypedDict):
    """What DistributeDatasetEntries is asked."""

    Datasets: list[DistributeDataset]


class DistributeDatasetEntriesResponse(TypedDict):
    """What DistributeDatasetEntries answers."""


class DominantColor(TypedDict):
    """Part of DetectLabels, GetLabelDetection."""

    Red: NotRequired[int]
    Blue: NotRequired[int]
    Green: NotRequired[int]
    HexCode: NotRequired[str]
    CSSColor: NotRequired[str]
    SimplifiedColor: NotRequired[str]
    PixelPercent: NotRequired[float]


class DuplicatePair(TypedDict):
    """Part of FindDuplicates."""

    FaceId: NotRequired[str]
    OtherFaceId: NotRequired[str]
    Similarity: NotRequired[float]
    ExternalImageId: NotRequired[str]
    OtherExternalImageId: NotRequired[str]
    UserId: NotRequired[str]
    OtherUserId: NotRequired[str]


class Emotion(TypedDict):
    """Part of CompareFaces, DetectFaces and 7 more."""

    Type: NotRequired[EmotionName]
    Confidence: NotRequired[float]


EmotionName: TypeAlias = Literal[
    "HAPPY", "SAD", "ANGRY", "CONFUSED", "DISGUSTED", "SURPRISED", "CALM", "UNKNOWN", "FEAR"
]


class EquipmentDetection(TypedDict):
    """Part of DetectProtectiveEquipment."""

    BoundingBox: NotRequired[BoundingBox]
    Confidence: NotRequired[float]
    Type: NotRequired[ProtectiveEquipmentType]
    CoversBodyPart: NotRequired[CoversBodyPart]


class EraseStatementsRequest(TypedDict):
    """What EraseStatements is asked."""

    Sequences: NotRequired[list[int]]
    Case: NotRequired[str]


class EraseStatementsResponse(TypedDict):
    """What EraseStatements answers."""

    Erased: int


class EvaluationResult(TypedDict):
    """Part of DescribeProjectVersions."""

    F1Score: NotRequired[float]
    Summary: NotRequired[Summary]


class ExpireFacesRequest(TypedDict):
    """What ExpireFaces is asked."""

    CollectionId: str


class ExpireFacesResponse(TypedDict):
    """What ExpireFaces answers."""

    ExpiredFaces: list[str]
    More: bool


class ExplainDecisionRequest(TypedDict):
    """What ExplainDecision is asked."""

    Operation: str
    CollectionId: NotRequired[str]
    Threshold: NotRequired[float]
    Attributes: NotRequired[list[str]]


class ExplainDecisionResponse(TypedDict):
    """What ExplainDecision answers."""

    Verdict: NotRequired[str]
    Rule: NotRequired[str]
    Reason: NotRequired[str]
    Floor: NotRequired[float]
    Policy: NotRequired[str]
    Spoke: NotRequired[list[PolicyRule]]
    RolesThatCould: NotRequired[list[str]]


class ExplainSimilarityRequest(TypedDict):
    """What ExplainSimilarity is asked."""

    Similarity: float


class ExplainSimilarityResponse(TypedDict):
    """What ExplainSimilarity answers."""

    Similarity: NotRequired[float]
    Model: NotRequired[str]
    FalseMatchRate: NotRequired[float]
    OneIn: NotRequired[float]
    FalseMatchRateLow: NotRequired[float]
    FalseMatchRateHigh: NotRequired[float]
    Extrapolated: NotRequired[bool]
    Sentence: NotRequired[str]
    FittedOn: NotRequired[str]


class ExportCollectionRequest(TypedDict):
    """What ExportCollection is asked."""

    CollectionId: str
    NextToken: NotRequired[str]
    MaxResults: NotRequired[int]


class ExportCollectionResponse(TypedDict):
    """What ExportCollection answers."""

    CollectionId: NotRequired[str]
    Model: NotRequired[str]
    FaceModelVersion: NotRequired[str]
    Dimensions: NotRequired[int]
    Region: NotRequired[str]
    Tags: NotRequired[dict[str, str]]
    CreationTimestamp: NotRequired[datetime]
    FaceCount: NotRequired[int]
    UserCount: NotRequired[int]
    Revision: NotRequired[int]
    Users: NotRequired[list[KeptUser]]
    Faces: NotRequired[list[KeptFace]]
    NextToken: NotRequired[str]


class ExportLedgerRequest(TypedDict):
    """What ExportLedger is asked."""

    After: NotRequired[int]
    TreeSize: NotRequired[int]
    MaxResults: NotRequired[int]
    WithStatements: NotRequired[bool]


class ExportLedgerResponse(TypedDict):
    """What ExportLedger answers."""

    Entries: list[LedgerLeaf]
    After: int
    TreeSize: int
    Frontier: list[bytes]
    Next: NotRequired[int]


class EyeDirection(TypedDict):
    """Part of DetectFaces, GetCelebrityRecognition and 5 more."""

    Yaw: NotRequired[float]
    Pitch: NotRequired[float]
    Confidence: NotRequired[float]


class EyeOpen(TypedDict):
    """Part of DetectFaces, GetCelebrityRecognition and 5 more."""

    Value: NotRequired[bool]
    Confidence: NotRequired[float]


class Eyeglasses(TypedDict):
    """Part of DetectFaces, GetCelebrityRecognition and 5 more."""

    Value: NotRequired[bool]
    Confidence: NotRequired[float]


class Face(TypedDict):
    """Part of GetFaceSearch, IndexFaces and 3 more."""

    FaceId: NotRequired[str]
    BoundingBox: NotRequired[BoundingBox]
    ImageId: NotRequired[str]
    ExternalImageId: NotRequired[str]
    Confidence: NotRequired[float]
    IndexFacesModelVersion: NotRequired[str]
    UserId: NotRequired[str]


FaceAttributes: TypeAlias = Literal["DEFAULT", "ALL"]


class FaceDetail(TypedDict):
    """Part of DetectFaces, GetCelebrityRecognition and 5 more."""

    BoundingBox: NotRequired[BoundingBox]
    AgeRange: NotRequired[AgeRange]
    Smile: NotRequired[Smile]
    Eyeglasses: NotRequired[Eyeglasses]
    Sunglasses: NotRequired[Sunglasses]
    Gender: NotRequired[Gender]
    Beard: NotRequired[Beard]
    Mustache: NotRequired[Mustache]
    EyesOpen: NotRequired[EyeOpen]
    MouthOpen: NotRequired[MouthOpen]
    Emotions: NotRequired[list[Emotion]]
    Landmarks: NotRequired[list[Landmark]]
    Pose: NotRequired[Pose]
    Quality: NotRequired[ImageQuality]
    Confidence: NotRequired[float]
    FaceOccluded: NotRequired[FaceOccluded]
    EyeDirection: NotRequired[EyeDirection]


class FaceDetection(TypedDict):
    """Part of GetFaceDetection."""

    Timestamp: NotRequired[int]
    Face: NotRequired[FaceDetail]


class FaceGround(TypedDict):
    """Part of ListFaceGrounds."""

    FaceId: str
    EnrolledAt: datetime
    Consent: NotRequired[str]
    Until: NotRequired[datetime]


class FaceMatch(TypedDict):
    """Part of GetFaceSearch, SearchFaces and 1 more."""

    Similarity: NotRequired[float]
    Face: NotRequired[Face]


class FaceMesh(TypedDict):
    """Part of MeshFaces."""

    Points: NotRequired[list[MeshPoint]]
    Confidence: NotRequired[float]


class FaceOccluded(TypedDict):
    """Part of DetectFaces, GetCelebrityRecognition and 5 more."""

    Value: NotRequired[bool]
    Confidence: NotRequired[float]


class FaceRecord(TypedDict):
    """Part of IndexFaces."""

    Face: NotRequired[Face]
    FaceDetail: NotRequired[FaceDetail]


class FaceSearchSettings(TypedDict):
    """Part of CreateStreamProcessor, DescribeStreamProcessor."""

    CollectionId: NotRequired[str]
    FaceMatchThreshold: NotRequired[float]


FaceSearchSortBy: TypeAlias = Literal["INDEX", "TIMESTAMP"]


FeedbackCode: TypeAlias = Literal[
    "FACE_NOT_VISIBLE",
    "FACE_OBSTRUCTION_DETECTED",
    "LOW_VIDEO_QUALITY_DETECTED",
    "FACE_NOT_ALIGNED",
    "EYES_CLOSED_DETECTED",
    "LOW_LIGHTING_DETECTED",
    "HIGH_LIGHTING_DETECTED",
]


class FeedbackItem(TypedDict):
    """Part of GetFaceLivenessSessionResults."""

    Code: FeedbackCode
    Message: str


class FindDuplicatesRequest(TypedDict):
    """What FindDuplicates is asked."""

    CollectionId: str
    FaceMatchThreshold: NotRequired[float]
    SameUser: NotRequired[bool]
    SamePicture: NotRequired[bool]
    NextToken: NotRequired[str]
    MaxResults: NotRequired[int]


class FindDuplicatesResponse(TypedDict):
    """What FindDuplicates answers."""

    Pairs: NotRequired[list[DuplicatePair]]
    Searched: NotRequired[int]
    Crowded: NotRequired[list[str]]
    NextToken: NotRequired[str]


class FindingDescription(TypedDict):
    """Part of CloseFinding, ListFindings."""

    FindingId: NotRequired[str]
    AuditId: NotRequired[str]
    Protocol: NotRequired[str]
    AuditDigest: NotRequired[str]
    Kind: NotRequired[str]
    Group: NotRequired[str]
    Said: NotRequired[str]
    State: NotRequired[FindingState]
    OpenedAt: NotRequired[datetime]
    DueAt: NotRequired[datetime]
    ClosedAt: NotRequired[datetime]
    ClosedBy: NotRequired[str]
    Note: NotRequired[str]
    ShownBy: NotRequired[str]


FindingState: TypeAlias = Literal["open", "overdue", "closed"]


class FinishReembeddingRequest(TypedDict):
    """What FinishReembedding is asked."""

    CollectionId: str
    LeaveBehind: NotRequired[bool]


class FinishReembeddingResponse(TypedDict):
    """What FinishReembedding answers."""

    FaceModelVersion: NotRequired[str]
    Faces: NotRequired[int]
    Users: NotRequired[int]
    LeftBehind: NotRequired[int]


class Gender(TypedDict):
    """Part of DetectFaces, GetCelebrityRecognition and 5 more."""

    Value: NotRequired[GenderType]
    Confidence: NotRequired[float]


GenderType: TypeAlias = Literal["Male", "Female"]


class GeneralLabelsSettings(TypedDict):
    """Part of DetectLabels, StartLabelDetection."""

    LabelInclusionFilters: NotRequired[list[str]]
    LabelExclusionFilters: NotRequired[list[str]]
    LabelCategoryInclusionFilters: NotRequired[list[str]]
    LabelCategoryExclusionFilters: NotRequired[list[str]]


class Geometry(TypedDict):
    """Part of DetectCustomLabels, DetectText and 1 more."""

    BoundingBox: NotRequired[BoundingBox]
    Polygon: NotRequired[list[Point]]


class GetCelebrityInfoRequest(TypedDict):
    """What GetCelebrityInfo is asked."""

    Id: str


class GetCelebrityInfoResponse(TypedDict):
    """What GetCelebrityInfo answers."""

    Urls: NotRequired[list[str]]
    Name: NotRequired[str]
    KnownGender: NotRequired[KnownGender]


class GetCelebrityRecognitionRequest(TypedDict):
    """What GetCelebrityRecognition is asked."""

    JobId: str
    MaxResults: NotRequired[int]
    NextToken: NotRequired[str]
    SortBy: NotRequired[CelebrityRecognitionSortBy]


class GetCelebrityRecognitionResponse(TypedDict):
    """What GetCelebrityRecognition answers."""

    JobStatus: NotRequired[VideoJobStatus]
    StatusMessage: NotRequired[str]
    VideoMetadata: NotRequired[VideoMetadata]
    NextToken: NotRequired[str]
    Celebrities: NotRequired[list[CelebrityRecognition]]
    JobId: NotRequired[str]
    Video: NotRequired[Video]
    JobTag: NotRequired[str]


class GetCheckpointRequest(TypedDict):
    """What GetCheckpoint is asked."""

    Size: NotRequired[int]


class GetCheckpointResponse(TypedDict):
    """What GetCheckpoint answers."""

    Checkpoint: Checkpoint


class GetContentModerationRequest(TypedDict):
    """What GetContentModeration is asked."""

    JobId: str
    MaxResults: NotRequired[int]
    NextToken: NotRequired[str]
    SortBy: NotRequired[ContentModerationSortBy]
    AggregateBy: NotRequired[ContentModerationAggregateBy]


class GetContentModerationRequestMetadata(TypedDict):
    """Part of GetContentModeration."""

    SortBy: NotRequired[ContentModerationSortBy]
    AggregateBy: NotRequired[ContentModerationAggregateBy]


class GetContentModerationResponse(TypedDict):
    """What GetContentModeration answers."""

    JobStatus: NotRequired[VideoJobStatus]
    StatusMessage: NotRequired[str]
    VideoMetadata: NotRequired[VideoMetadata]
    ModerationLabels: NotRequired[list[ContentModerationDetection]]
    NextToken: NotRequired[str]
    ModerationModelVersion: NotRequired[str]
    JobId: NotRequired[str]
    Video: NotRequired[Video]
    JobTag: NotRequired[str]
    GetRequestMetadata: NotRequired[GetContentModerationRequestMetadata]


class GetFaceDetectionRequest(TypedDict):
    """What GetFaceDetection is asked."""

    JobId: str
    MaxResults: NotRequired[int]
    NextToken: NotRequired[str]


class GetFaceDetectionResponse(TypedDict):
    """What GetFaceDetection answers."""

    JobStatus: NotRequired[VideoJobStatus]
    StatusMessage: NotRequired[str]
    VideoMetadata: NotRequired[VideoMetadata]
    NextToken: NotRequired[str]
    Faces: NotRequired[list[FaceDetection]]
    JobId: NotRequired[str]
    Video: NotRequired[Video]
    JobTag: NotRequired[str]


class GetFaceLivenessSessionResultsRequest(TypedDict):
    """What GetFaceLivenessSessionResults is asked."""

    SessionId: str


class GetFaceLivenessSessionResultsResponse(TypedDict):
    """What GetFaceLivenessSessionResults answers."""

    SessionId: str
    Status: LivenessSessionStatus
    Confidence: NotRequired[float]
    ReferenceImage: NotRequired[AuditImage]
    AuditImages: NotRequired[list[AuditImage]]
    Challenge: NotRequired[Challenge]
    Feedback: NotRequired[list[FeedbackItem]]
    Metadata: NotRequired[SessionMetadata]


class GetFaceSearchRequest(TypedDict):
    """What GetFaceSearch is asked."""

    JobId: str
    MaxResults: NotRequired[int]
    NextToken: NotRequired[str]
    SortBy: NotRequired[FaceSearchSortBy]


class GetFaceSearchResponse(TypedDict):
    """What GetFaceSearch answers."""

    JobStatus: NotRequired[VideoJobStatus]
    StatusMessage: NotRequired[str]
    NextToken: NotRequired[str]
    VideoMetadata: NotRequired[VideoMetadata]
    Persons: NotRequired[list[PersonMatch]]
    JobId: NotRequired[str]
    Video: NotRequired[Video]
    JobTag: NotRequired[str]


class GetLabelDetectionRequest(TypedDict):
    """What GetLabelDetection is asked."""

    JobId: str
    MaxResults: NotRequired[int]
    NextToken: NotRequired[str]
    SortBy: NotRequired[LabelDetectionSortBy]
    AggregateBy: NotRequired[LabelDetectionAggregateBy]


class GetLabelDetectionRequestMetadata(TypedDict):
    """Part of GetLabelDetection."""

    SortBy: NotRequired[LabelDetectionSortBy]
    AggregateBy: NotRequired[LabelDetectionAggregateBy]


class GetLabelDetectionResponse(TypedDict):
    """What GetLabelDetection answers."""

    JobStatus: NotRequired[VideoJobStatus]
    StatusMessage: NotRequired[str]
    VideoMetadata: NotRequired[VideoMetadata]
    NextToken: NotRequired[str]
    Labels: NotRequired[list[LabelDetection]]
    LabelModelVersion: NotRequired[str]
    JobId: NotRequired[str]
    Video: NotRequired[Video]
    JobTag: NotRequired[str]
    GetRequestMetadata: NotRequired[GetLabelDetectionRequestMetadata]


class GetLineUpRequest(TypedDict):
    """What GetLineUp is asked."""

    ReviewId: str


class GetLineUpResponse(TypedDict):
    """What GetLineUp answers."""

    ReviewId: NotRequired[str]
    Probe: NotRequired[bytes]
    Faces: NotRequired[list[LineUpFace]]
    ShortLineUp: NotRequired[bool]
    Sentence: NotRequired[str]
    Reviewer: NotRequired[str]


class GetMediaAnalysisJobRequest(TypedDict):
    """What GetMediaAnalysisJob is asked."""

    JobId: str


class GetMediaAnalysisJobResponse(TypedDict):
    """What GetMediaAnalysisJob answers."""

    JobId: str
    JobName: NotRequired[str]
    OperationsConfig: MediaAnalysisOperationsConfig
    Status: MediaAnalysisJobStatus
    FailureDetails: NotRequired[MediaAnalysisJobFailureDetails]
    CreationTimestamp: datetime
    CompletionTimestamp: NotRequired[datetime]
    Input: MediaAnalysisInput
    OutputConfig: MediaAnalysisOutputConfig
    KmsKeyId: NotRequired[str]
    Results: NotRequired[MediaAnalysisResults]
    ManifestSummary: NotRequired[MediaAnalysisManifestSummary]


class GetPersonTrackingRequest(TypedDict):
    """What GetPersonTracking is asked."""

    JobId: str
    MaxResults: NotRequired[int]
    NextToken: NotRequired[str]
    SortBy: NotRequired[PersonTrackingSortBy]


class GetPersonTrackingResponse(TypedDict):
    """What GetPersonTracking answers."""

    JobStatus: NotRequired[VideoJobStatus]
    StatusMessage: NotRequired[str]
    VideoMetadata: NotRequired[VideoMetadata]
    NextToken: NotRequired[str]
    Persons: NotRequired[list[PersonDetection]]
    JobId: NotRequired[str]
    Video: NotRequired[Video]
    JobTag: NotRequired[str]


class GetSegmentDetectionRequest(TypedDict):
    """What GetSegmentDetection is asked."""

    JobId: str
    MaxResults: NotRequired[int]
    NextToken: NotRequired[str]


class GetSegmentDetectionResponse(TypedDict):
    """What GetSegmentDetection answers."""

    JobStatus: NotRequired[VideoJobStatus]
    StatusMessage: NotRequired[str]
    VideoMetadata: NotRequired[list[VideoMetadata]]
    AudioMetadata: NotRequired[list[AudioMetadata]]
    NextToken: NotRequired[str]
    Segments: NotRequired[list[SegmentDetection]]
    SelectedSegmentTypes: NotRequired[list[SegmentTypeInfo]]
    JobId: NotRequired[str]
    Video: NotRequired[Video]
    JobTag: NotRequired[str]


class GetTextDetectionRequest(TypedDict):
    """What GetTextDetection is asked."""

    JobId: str
    MaxResults: NotRequired[int]
    NextToken: NotRequired[str]


class GetTextDetectionResponse(TypedDict):
    """What GetTextDetection answers."""

    JobStatus: NotRequired[VideoJobStatus]
    StatusMessage: NotRequired[str]
    VideoMetadata: NotRequired[VideoMetadata]
    TextDetections: NotRequired[list[TextDetectionResult]]
    NextToken: NotRequired[str]
    TextModelVersion: NotRequired[str]
    JobId: NotRequired[str]
    Video: NotRequired[Video]
    JobTag: NotRequired[str]


class GroundTruthManifest(TypedDict):
    """Part of CreateDataset, CreateProjectVersion and 1 more."""

    S3Object: NotRequired[S3Object]


class HumanLoopActivationOutput(TypedDict):
    """Part of DetectModerationLabels."""

    HumanLoopArn: NotRequired[str]
    HumanLoopActivationReasons: NotRequired[list[str]]
    HumanLoopActivationConditionsEvaluationResults: NotRequired[Any]


class HumanLoopConfig(TypedDict):
    """Part of DetectModerationLabels."""

    HumanLoopName: str
    FlowDefinitionArn: str
    DataAttributes: NotRequired[HumanLoopDataAttributes]


class HumanLoopDataAttributes(TypedDict):
    """Part of DetectModerationLabels."""

    ContentClassifiers: NotRequired[list[ContentClassifier]]


class Image(TypedDict):
    """Part of CompareFaces, DetectCustomLabels and 11 more."""

    Bytes: NotRequired[bytes]
    S3Object: NotRequired[S3Object]


class ImageQuality(TypedDict):
    """Part of CompareFaces, DetectFaces and 7 more."""

    Brightness: NotRequired[float]
    Sharpness: NotRequired[float]


class IndexFacesRequest(TypedDict):
    """What IndexFaces is asked."""

    CollectionId: str
    Image: Image
    ExternalImageId: NotRequired[str]
    DetectionAttributes: NotRequired[list[Attribute]]
    MaxFaces: NotRequired[int]
    QualityFilter: NotRequired[QualityFilter]


class IndexFacesResponse(TypedDict):
    """What IndexFaces answers."""

    FaceRecords: NotRequired[list[FaceRecord]]
    OrientationCorrection: NotRequired[OrientationCorrection]
    FaceModelVersion: NotRequired[str]
    UnindexedFaces: NotRequired[list[UnindexedFace]]


class Instance(TypedDict):
    """Part of DetectLabels, GetLabelDetection."""

    BoundingBox: NotRequired[BoundingBox]
    Confidence: NotRequired[float]
    DominantColors: NotRequired[list[DominantColor]]


class KeptBox(TypedDict):
    """Part of ExportCollection, RestoreFaces."""

    Width: float
    Height: float
    Left: float
    Top: float


class KeptFace(TypedDict):
    """Part of ExportCollection, RestoreFaces."""

    FaceId: str
    ImageId: str
    ExternalImageId: NotRequired[str]
    UserId: NotRequired[str]
    BoundingBox: KeptBox
    Confidence: float
    EnrolledAt: datetime
    Vector: bytes
    Consent: NotRequired[str]
    Until: NotRequired[datetime]


class KeptUser(TypedDict):
    """Part of ExportCollection, RestoreUsers."""

    UserId: str
    CreatedAt: datetime


class KinesisDataStream(TypedDict):
    """Part of CreateStreamProcessor, DescribeStreamProcessor."""

    Arn: NotRequired[str]


class KinesisVideoStream(TypedDict):
    """Part of CreateStreamProcessor, DescribeStreamProcessor."""

    Arn: NotRequired[str]


class KinesisVideoStreamStartSelector(TypedDict):
    """Part of StartStreamProcessor."""

    ProducerTimestamp: NotRequired[int]
    FragmentNumber: NotRequired[str]


class KnownGender(TypedDict):
    """Part of GetCelebrityInfo, GetCelebrityRecognition and 1 more."""

    Type: NotRequired[KnownGenderType]


KnownGenderType: TypeAlias = Literal["Male", "Female", "Nonbinary", "Unlisted"]


class Label(TypedDict):
    """Part of DetectLabels, GetLabelDetection."""

    Name: NotRequired[str]
    Confidence: NotRequired[float]
    Instances: NotRequired[list[Instance]]
    Parents: NotRequired[list[Parent]]
    Aliases: NotRequired[list[LabelAlias]]
    Categories: NotRequired[list[LabelCategory]]


class LabelAlias(TypedDict):
    """Part of DetectLabels, GetLabelDetection."""

    Name: NotRequired[str]


class LabelCall(TypedDict):
    """Part of SubmitVerdict."""

    Label: str
    Call: VerdictCall
    Reason: NotRequired[str]


class LabelCategory(TypedDict):
    """Part of DetectLabels, GetLabelDetection."""

    Name: NotRequired[str]


class LabelDetection(TypedDict):
    """Part of GetLabelDetection."""

    Timestamp: NotRequired[int]
    Label: NotRequired[Label]
    StartTimestampMillis: NotRequired[int]
    EndTimestampMillis: NotRequired[int]
    DurationMillis: NotRequired[int]


LabelDetectionAggregateBy: TypeAlias = Literal["TIMESTAMPS", "SEGMENTS"]


LabelDetectionFeatureName: TypeAlias = Literal["GENERAL_LABELS"]


class LabelDetectionSettings(TypedDict):
    """Part of StartLabelDetection."""

    GeneralLabels: NotRequired[GeneralLabelsSettings]


LabelDetectionSortBy: TypeAlias = Literal["NAME", "TIMESTAMP"]


class Landmark(TypedDict):
    """Part of CompareFaces, DetectFaces and 7 more."""

    Type: NotRequired[LandmarkType]
    X: NotRequired[float]
    Y: NotRequired[float]


LandmarkType: TypeAlias = Literal[
    "eyeLeft",
    "eyeRight",
    "nose",
    "mouthLeft",
    "mouthRight",
    "leftEyeBrowLeft",
    "leftEyeBrowRight",
    "leftEyeBrowUp",
    "rightEyeBrowLeft",
    "rightEyeBrowRight",
    "rightEyeBrowUp",
    "leftEyeLeft",
    "leftEyeRight",
    "leftEyeUp",
    "leftEyeDown",
    "rightEyeLeft",
    "rightEyeRight",
    "rightEyeUp",
    "rightEyeDown",
    "noseLeft",
    "noseRight",
    "mouthUp",
    "mouthDown",
    "leftPupil",
    "rightPupil",
    "upperJawlineLeft",
    "midJawlineLeft",
    "chinBottom",
    "midJawlineRight",
    "upperJawlineRight",
]


class LedgerEntry(TypedDict):
    """Part of ListLedgerEntries."""

    Sequence: NotRequired[int]
    At: NotRequired[datetime]
    RequestId: NotRequired[str]
    AccessKey: NotRequired[str]
    Operation: NotRequired[str]
    Act: NotRequired[str]
    Purpose: NotRequired[str]
    Case: NotRequired[str]
    Verdict: NotRequired[str]
    Rule: NotRequired[str]
    Outcome: NotRequired[str]
    Facts: NotRequired[dict[str, str]]
    Kind: NotRequired[str]
    Issuer: NotRequired[str]
    Authorisation: NotRequired[str]
    Consent: NotRequired[str]
    Policy: NotRequired[str]
    Floor: NotRequired[float]
    StatementErased: NotRequired[bool]


class LedgerLeaf(TypedDict):
    """Part of ExportLedger, ProveInclusion."""

    Text: str
    Statement: NotRequired[LedgerStatement]


class LedgerStatement(TypedDict):
    """Part of ExportLedger, ProveInclusion."""

    Salt: bytes
    Text: str


class LeftFace(TypedDict):
    """Part of DescribeReembedding."""

    FaceId: NotRequired[str]
    ImageId: NotRequired[str]
    ExternalImageId: NotRequired[str]


class LineUpFace(TypedDict):
    """Part of GetLineUp."""

    Label: NotRequired[str]
    Picture: NotRequired[bytes]


class ListAuditsRequest(TypedDict):
    """What ListAudits is asked."""

    Protocol: NotRequired[str]
    NextToken: NotRequired[str]
    MaxResults: NotRequired[int]


class ListAuditsResponse(TypedDict):
    """What ListAudits answers."""

    Audits: NotRequired[list[AuditDescription]]
    NextToken: NotRequired[str]


class ListAuthorisationsRequest(TypedDict):
    """What ListAuthorisations is asked."""

    State: NotRequired[AuthorisationState]
    Case: NotRequired[str]
    NextToken: NotRequired[str]
    MaxResults: NotRequired[int]


class ListAuthorisationsResponse(TypedDict):
    """What ListAuthorisations answers."""

    Authorisations: NotRequired[list[AuthorisationDescription]]
    NextToken: NotRequired[str]


class ListCheckpointsRequest(TypedDict):
    """What ListCheckpoints is asked."""

    After: NotRequired[int]
    MaxResults: NotRequired[int]


class ListCheckpointsResponse(TypedDict):
    """What ListCheckpoints answers."""

    Checkpoints: list[Checkpoint]
    Next: NotRequired[int]


class ListCollectionsRequest(TypedDict):
    """What ListCollections is asked."""

    NextToken: NotRequired[str]
    MaxResults: NotRequired[int]


class ListCollectionsResponse(TypedDict):
    """What ListCollections answers."""

    CollectionIds: NotRequired[list[str]]
    NextToken: NotRequired[str]
    FaceModelVersions: NotRequired[list[str]]


class ListDatasetEntriesRequest(TypedDict):
    """What ListDatasetEntries is asked."""

    DatasetArn: str
    ContainsLabels: NotRequired[list[str]]
    Labeled: NotRequired[bool]
    SourceRefContains: NotRequired[str]
    HasErrors: NotRequired[bool]
    NextToken: NotRequired[str]
    MaxResults: NotRequired[int]


class ListDatasetEntriesResponse(TypedDict):
    """What ListDatasetEntries answers."""

    DatasetEntries: NotRequired[list[str]]
    NextToken: NotRequired[str]


class ListDatasetLabelsRequest(TypedDict):
    """What ListDatasetLabels is asked."""

    DatasetArn: str
    NextToken: NotRequired[str]
    MaxResults: NotRequired[int]


class ListDatasetLabelsResponse(TypedDict):
    """What ListDatasetLabels answers."""

    DatasetLabelDescriptions: NotRequired[list[DatasetLabelDescription]]
    NextToken: NotRequired[str]


class ListFaceGroundsRequest(TypedDict):
    """What ListFaceGrounds is asked."""

    CollectionId: str
    MaxResults: NotRequired[int]
    NextToken: NotRequired[str]


class ListFaceGroundsResponse(TypedDict):
    """What ListFaceGrounds answers."""

    Grounds: list[FaceGround]
    NextToken: NotRequired[str]


class ListFacesRequest(TypedDict):
    """What ListFaces is asked."""

    CollectionId: str
    NextToken: NotRequired[str]
    MaxResults: NotRequired[int]
    UserId: NotRequired[str]
    FaceIds: NotRequired[list[str]]


class ListFacesResponse(TypedDict):
    """What ListFaces answers."""

    Faces: NotRequired[list[Face]]
    NextToken: NotRequired[str]
    FaceModelVersion: NotRequired[str]


class ListFindingsRequest(TypedDict):
    """What ListFindings is asked."""

    State: NotRequired[FindingState]
    AuditId: NotRequired[str]
    NextToken: NotRequired[str]
    MaxResults: NotRequired[int]


class ListFindingsResponse(TypedDict):
    """What ListFindings answers."""

    Findings: list[FindingDescription]
    Open: int
    Overdue: int
    NextToken: NotRequired[str]


class ListKeysRequest(TypedDict):
    """What ListKeys is asked."""

    NextToken: NotRequired[str]
    MaxResults: NotRequired[int]


class ListKeysResponse(TypedDict):
    """What ListKeys answers."""

    Keys: NotRequired[list[AccessKeyDescription]]
    NextToken: NotRequired[str]


class ListLedgerEntriesRequest(TypedDict):
    """What ListLedgerEntries is asked."""

    After: NotRequired[int]
    MaxResults: NotRequired[int]


class ListLedgerEntriesResponse(TypedDict):
    """What ListLedgerEntries answers."""

    Entries: NotRequired[list[LedgerEntry]]
    Next: NotRequired[int]


class ListMediaAnalysisJobsRequest(TypedDict):
    """What ListMediaAnalysisJobs is asked."""

    NextToken: NotRequired[str]
    MaxResults: NotRequired[int]


class ListMediaAnalysisJobsResponse(TypedDict):
    """What ListMediaAnalysisJobs answers."""

    NextToken: NotRequired[str]
    MediaAnalysisJobs: list[MediaAnalysisJobDescription]


class ListModelsRequest(TypedDict):
    """What ListModels is asked."""


class ListModelsResponse(TypedDict):
    """What ListModels answers."""

    Models: NotRequired[list[ModelDescription]]


class ListProjectPoliciesRequest(TypedDict):
    """What ListProjectPolicies is asked."""

    ProjectArn: str
    NextToken: NotRequired[str]
    MaxResults: NotRequired[int]


class ListProjectPoliciesResponse(TypedDict):
    """What ListProjectPolicies answers."""

    ProjectPolicies: NotRequired[list[ProjectPolicy]]
    NextToken: NotRequired[str]


class ListReviewersRequest(TypedDict):
    """What ListReviewers is asked."""


class ListReviewersResponse(TypedDict):
    """What ListReviewers answers."""

    Reviewers: NotRequired[list[ReviewerDescription]]


class ListReviewsRequest(TypedDict):
    """What ListReviews is asked."""

    State: NotRequired[ReviewState]
    NextToken: NotRequired[str]
    MaxResults: NotRequired[int]


class ListReviewsResponse(TypedDict):
    """What ListReviews answers."""

    Reviews: NotRequired[list[ReviewSummary]]
    NextToken: NotRequired[str]


class ListStreamProcessorsRequest(TypedDict):
    """What ListStreamProcessors is asked."""

    NextToken: NotRequired[str]
    MaxResults: NotRequired[int]


class ListStreamProcessorsResponse(TypedDict):
    """What ListStreamProcessors answers."""

    NextToken: NotRequired[str]
    StreamProcessors: NotRequired[list[StreamProcessor]]


class ListSuspensionsRequest(TypedDict):
    """What ListSuspensions is asked."""

    Ended: NotRequired[bool]
    NextToken: NotRequired[str]
    MaxResults: NotRequired[int]


class ListSuspensionsResponse(TypedDict):
    """What ListSuspensions answers."""

    Suspensions: NotRequired[list[SuspensionDescription]]
    NextToken: NotRequired[str]


class ListTagsForResourceRequest(TypedDict):
    """What ListTagsForResource is asked."""

    ResourceArn: str


class ListTagsForResourceResponse(TypedDict):
    """What ListTagsForResource answers."""

    Tags: NotRequired[dict[str, str]]


class ListUsersRequest(TypedDict):
    """What ListUsers is asked."""

    CollectionId: str
    MaxResults: NotRequired[int]
    NextToken: NotRequired[str]


class ListUsersResponse(TypedDict):
    """What ListUsers answers."""

    Users: NotRequired[list[User]]
    NextToken: NotRequired[str]


class LivenessOutputConfig(TypedDict):
    """Part of CreateFaceLivenessSession."""

    S3Bucket: str
    S3KeyPrefix: NotRequired[str]


LivenessSessionStatus: TypeAlias = Literal["CREATED", "IN_PROGRESS", "SUCCEEDED", "FAILED", "EXPIRED"]


class MatchedUser(TypedDict):
    """Part of SearchUsers, SearchUsersByImage."""

    UserId: NotRequired[str]
    UserStatus: NotRequired[UserStatus]


class MediaAnalysisDetectModerationLabelsConfig(TypedDict):
    """Part of GetMediaAnalysisJob, ListMediaAnalysisJobs and 1 more."""

    MinConfidence: NotRequired[float]
    ProjectVersion: NotRequired[str]


class MediaAnalysisInput(TypedDict):
    """Part of GetMediaAnalysisJob, ListMediaAnalysisJobs and 1 more."""

    S3Object: S3Object


class MediaAnalysisJobDescription(TypedDict):
    """Part of ListMediaAnalysisJobs."""

    JobId: str
    JobName: NotRequired[str]
    OperationsConfig: MediaAnalysisOperationsConfig
    Status: MediaAnalysisJobStatus
    FailureDetails: NotRequired[MediaAnalysisJobFailureDetails]
    CreationTimestamp: datetime
    CompletionTimestamp: NotRequired[datetime]
    Input: MediaAnalysisInput
    OutputConfig: MediaAnalysisOutputConfig
    KmsKeyId: NotRequired[str]
    Results: NotRequired[MediaAnalysisResults]
    ManifestSummary: NotRequired[MediaAnalysisManifestSummary]


MediaAnalysisJobFailureCode: TypeAlias = Literal[
    "INTERNAL_ERROR",
    "INVALID_S3_OBJECT",
    "INVALID_MANIFEST",
    "INVALID_OUTPUT_CONFIG",
    "INVALID_KMS_KEY",
    "ACCESS_DENIED",
    "RESOURCE_NOT_FOUND",
    "RESOURCE_NOT_READY",
    "THROTTLED",
]


class MediaAnalysisJobFailureDetails(TypedDict):
    """Part of GetMediaAnalysisJob, ListMediaAnalysisJobs."""

    Code: NotRequired[MediaAnalysisJobFailureCode]
    Message: NotRequired[str]


MediaAnalysisJobStatus: TypeAlias = Literal["CREATED", "QUEUED", "IN_PROGRESS", "SUCCEEDED", "FAILED"]


class MediaAnalysisManifestSummary(TypedDict):
    """Part of GetMediaAnalysisJob, ListMediaAnalysisJobs."""

    S3Object: NotRequired[S3Object]


class MediaAnalysisModelVersions(TypedDict):
    """Part of GetMediaAnalysisJob, ListMediaAnalysisJobs."""

    Moderation: NotRequired[str]


class MediaAnalysisOperationsConfig(TypedDict):
    """Part of GetMediaAnalysisJob, ListMediaAnalysisJobs and 1 more."""

    DetectModerationLabels: NotRequired[MediaAnalysisDetectModerationLabelsConfig]


class MediaAnalysisOutputConfig(TypedDict):
    """Part of GetMediaAnalysisJob, ListMediaAnalysisJobs and 1 more."""

    S3Bucket: str
    S3KeyPrefix: NotRequired[str]


class MediaAnalysisResults(TypedDict):
    """Part of GetMediaAnalysisJob, ListMediaAnalysisJobs."""

    S3Object: NotRequired[S3Object]
    ModelVersions: NotRequired[MediaAnalysisModelVersions]


class MeshFacesRequest(TypedDict):
    """What MeshFaces is asked."""

    Image: Image


class MeshFacesResponse(TypedDict):
    """What MeshFaces answers."""

    FaceMeshes: NotRequired[list[FaceMesh]]


class MeshPoint(TypedDict):
    """Part of MeshFaces."""

    X: NotRequired[float]
    Y: NotRequired[float]
    Z: NotRequired[float]


class ModelDescription(TypedDict):
    """Part of ListModels."""

    Name: NotRequired[str]
    Version: NotRequired[str]
    Task: NotRequired[str]
    Title: NotRequired[str]
    Licence: NotRequired[str]
    CommercialUse: NotRequired[bool]
    Origin: NotRequired[str]
    Sha256: NotRequired[str]
    Installed: NotRequired[bool]
    Damaged: NotRequired[bool]
    InUse: NotRequired[bool]
    Device: NotRequired[str]
    Runtime: NotRequired[str]


class ModerationLabel(TypedDict):
    """Part of DetectModerationLabels, GetContentModeration."""

    Confidence: NotRequired[float]
    Name: NotRequired[str]
    ParentName: NotRequired[str]
    TaxonomyLevel: NotRequired[int]


class MouthOpen(TypedDict):
    """Part of DetectFaces, GetCelebrityRecognition and 5 more."""

    Value: NotRequired[bool]
    Confidence: NotRequired[float]


class Mustache(TypedDict):
    """Part of DetectFaces, GetCelebrityRecognition and 5 more."""

    Value: NotRequired[bool]
    Confidence: NotRequired[float]


class NotificationChannel(TypedDict):
    """Part of StartCelebrityRecognition, StartContentModeration and 6 more."""

    SNSTopicArn: str
    RoleArn: str


class OpenAuthorisationRequest(TypedDict):
    """What OpenAuthorisation is asked."""

    Case: str
    Basis: str
    Authority: str


class OpenAuthorisationResponse(TypedDict):
    """What OpenAuthorisation answers."""

    Authorisation: NotRequired[AuthorisationDescription]


class OpenedFinding(TypedDict):
    """Part of RecordAudit."""

    FindingId: str
    DueAt: datetime


OrientationCorrection: TypeAlias = Literal["ROTATE_0", "ROTATE_90", "ROTATE_180", "ROTATE_270"]


class OutputConfig(TypedDict):
    """Part of CopyProjectVersion, CreateProjectVersion and 1 more."""

    S3Bucket: NotRequired[str]
    S3KeyPrefix: NotRequired[str]


class Parent(TypedDict):
    """Part of DetectLabels, GetLabelDetection."""

    Name: NotRequired[str]


class PersonDetail(TypedDict):
    """Part of GetFaceSearch, GetPersonTracking."""

    Index: NotRequired[int]
    BoundingBox: NotRequired[BoundingBox]
    Face: NotRequired[FaceDetail]


class PersonDetection(TypedDict):
    """Part of GetPersonTracking."""

    Timestamp: NotRequired[int]
    Person: NotRequired[PersonDetail]


class PersonMatch(TypedDict):
    """Part of GetFaceSearch."""

    Timestamp: NotRequired[int]
    Person: NotRequired[PersonDetail]
    FaceMatches: NotRequired[list[FaceMatch]]


PersonTrackingSortBy: TypeAlias = Literal["INDEX", "TIMESTAMP"]


class PlaceCall(TypedDict):
    """Part of DescribeReview."""

    Place: NotRequired[int]
    Call: NotRequired[VerdictCall]


class Point(TypedDict):
    """Part of CreateStreamProcessor, DescribeStreamProcessor and 5 more."""

    X: NotRequired[float]
    Y: NotRequired[float]


class PolicyRule(TypedDict):
    """Part of DescribePolicy, ExplainDecision."""

    Id: NotRequired[str]
    Effect: NotRequired[str]
    Cure: NotRequired[str]
    To: NotRequired[float]
    Reason: NotRequired[str]
    Source: NotRequired[str]
    File: NotRequired[str]
    Line: NotRequired[int]
    LooksAt: NotRequired[list[str]]


class Pose(TypedDict):
    """Part of CompareFaces, DetectFaces and 7 more."""

    Roll: NotRequired[float]
    Yaw: NotRequired[float]
    Pitch: NotRequired[float]


ProjectAutoUpdate: TypeAlias = Literal["ENABLED", "DISABLED"]


class ProjectDescription(TypedDict):
    """Part of DescribeProjects."""

    ProjectArn: NotRequired[str]
    CreationTimestamp: NotRequired[datetime]
    Status: NotRequired[ProjectStatus]
    Datasets: NotRequired[list[DatasetMetadata]]
    Feature: NotRequired[CustomizationFeature]
    AutoUpdate: NotRequired[ProjectAutoUpdate]


class ProjectPolicy(TypedDict):
    """Part of ListProjectPolicies."""

    ProjectArn: NotRequired[str]
    PolicyName: NotRequired[str]
    PolicyRevisionId: NotRequired[str]
    PolicyDocument: NotRequired[str]
    CreationTimestamp: NotRequired[datetime]
    LastUpdatedTimestamp: NotRequired[datetime]


ProjectStatus: TypeAlias = Literal["CREATING", "CREATED", "DELETING"]


class ProjectVersionDescription(TypedDict):
    """Part of DescribeProjectVersions."""

    ProjectVersionArn: NotRequired[str]
    CreationTimestamp: NotRequired[datetime]
    MinInferenceUnits: NotRequired[int]
    Status: NotRequired[ProjectVersionStatus]
    StatusMessage: NotRequired[str]
    BillableTrainingTimeInSeconds: NotRequired[int]
    TrainingEndTimestamp: NotRequired[datetime]
    OutputConfig: NotRequired[OutputConfig]
    TrainingDataResult: NotRequired[TrainingDataResult]
    TestingDataResult: NotRequired[TestingDataResult]
    EvaluationResult: NotRequired[EvaluationResult]
    ManifestSummary: NotRequired[GroundTruthManifest]
    KmsKeyId: NotRequired[str]
    MaxInferenceUnits: NotRequired[int]
    SourceProjectVersionArn: NotRequired[str]
    VersionDescription: NotRequired[str]
    Feature: NotRequired[CustomizationFeature]
    BaseModelVersion: NotRequired[str]
    FeatureConfig: NotRequired[CustomizationFeatureConfig]


ProjectVersionStatus: TypeAlias = Literal[
    "TRAINING_IN_PROGRESS",
    "TRAINING_COMPLETED",
    "TRAINING_FAILED",
    "STARTING",
    "RUNNING",
    "FAILED",
    "STOPPING",
    "STOPPED",
    "DELETING",
    "COPYING_IN_PROGRESS",
    "COPYING_COMPLETED",
    "COPYING_FAILED",
    "DEPRECATED",
    "EXPIRED",
]


class ProtectiveEquipmentBodyPart(TypedDict):
    """Part of DetectProtectiveEquipment."""

    Name: NotRequired[BodyPart]
    Confidence: NotRequired[float]
    EquipmentDetections: NotRequired[list[EquipmentDetection]]


class ProtectiveEquipmentPerson(TypedDict):
    """Part of DetectProtectiveEquipment."""

    BodyParts: NotRequired[list[ProtectiveEquipmentBodyPart]]
    BoundingBox: NotRequired[BoundingBox]
    Confidence: NotRequired[float]
    Id: NotRequired[int]


class ProtectiveEquipmentSummarizationAttributes(TypedDict):
    """Part of DetectProtectiveEquipment."""

    MinConfidence: float
    RequiredEquipmentTypes: list[ProtectiveEquipmentType]


class ProtectiveEquipmentSummary(TypedDict):
    """Part of DetectProtectiveEquipment."""

    PersonsWithRequiredEquipment: NotRequired[list[int]]
    PersonsWithoutRequiredEquipment: NotRequired[list[int]]
    PersonsIndeterminate: NotRequired[list[int]]


ProtectiveEquipmentType: TypeAlias = Literal["FACE_COVER", "HAND_COVER", "HEAD_COVER"]


class ProveConsistencyRequest(TypedDict):
    """What ProveConsistency is asked."""

    From: int
    To: NotRequired[int]


class ProveConsistencyResponse(TypedDict):
    """What ProveConsistency answers."""

    From: int
    To: int
    FromRootHash: bytes
    ToRootHash: bytes
    Proof: list[bytes]
    Checkpoint: NotRequired[Checkpoint]


class ProveInclusionRequest(TypedDict):
    """What ProveInclusion is asked."""

    Sequence: int
    TreeSize: NotRequired[int]
    WithStatement: NotRequired[bool]


class ProveInclusionResponse(TypedDict):
    """What ProveInclusion answers."""

    Entry: LedgerLeaf
    TreeSize: int
    RootHash: bytes
    Proof: list[bytes]
    Checkpoint: NotRequired[Checkpoint]


class PutProjectPolicyRequest(TypedDict):
    """What PutProjectPolicy is asked."""

    ProjectArn: str
    PolicyName: str
    PolicyRevisionId: NotRequired[str]
    PolicyDocument: str


class PutProjectPolicyResponse(TypedDict):
    """What PutProjectPolicy answers."""

    PolicyRevisionId: NotRequired[str]


class QualifyReviewerRequest(TypedDict):
    """What QualifyReviewer is asked."""

    Person: str
    Until: datetime
    Evidence: str


class QualifyReviewerResponse(TypedDict):
    """What QualifyReviewer answers."""

    Person: NotRequired[str]
    Until: NotRequired[datetime]


QualityFilter: TypeAlias = Literal["NONE", "AUTO", "LOW", "MEDIUM", "HIGH"]


Reason: TypeAlias = Literal[
    "EXCEEDS_MAX_FACES",
    "EXTREME_POSE",
    "LOW_BRIGHTNESS",
    "LOW_SHARPNESS",
    "LOW_CONFIDENCE",
    "SMALL_BOUNDING_BOX",
    "LOW_FACE_QUALITY",
]


class RecognizeCelebritiesRequest(TypedDict):
    """What RecognizeCelebrities is asked."""

    Image: Image


class RecognizeCelebritiesResponse(TypedDict):
    """What RecognizeCelebrities answers."""

    CelebrityFaces: NotRequired[list[Celebrity]]
    UnrecognizedFaces: NotRequired[list[ComparedFace]]
    OrientationCorrection: NotRequired[OrientationCorrection]


class RecordAuditRequest(TypedDict):
    """What RecordAudit is asked."""

    Protocol: str
    Digest: str
    Summary: str
    Findings: NotRequired[list[AuditFinding]]


class RecordAuditResponse(TypedDict):
    """What RecordAudit answers."""

    AuditId: str
    LedgerEntry: int
    Again: bool
    Findings: list[OpenedFinding]


class ReembedPictureRequest(TypedDict):
    """What ReembedPicture is asked."""

    CollectionId: str
    Image: Image


class ReembedPictureResponse(TypedDict):
    """What ReembedPicture answers."""

    Reembedded: NotRequired[list[str]]
    AlreadyDone: NotRequired[list[str]]
    NotFound: NotRequired[list[str]]


class RegionOfInterest(TypedDict):
    """Part of CreateStreamProcessor, DescribeStreamProcessor and 3 more."""

    BoundingBox: NotRequired[BoundingBox]
    Polygon: NotRequired[list[Point]]


class ReportUseRequest(TypedDict):
    """What ReportUse is asked."""

    From: str
    To: str
    Public: NotRequired[bool]
    TreeSize: NotRequired[int]


class ReportUseResponse(TypedDict):
    """What ReportUse answers."""

    Report: str
    Sha256: str
    TreeSize: int


class RestoreCollectionRequest(TypedDict):
    """What RestoreCollection is asked."""

    CollectionId: str
    Model: str
    FaceModelVersion: str
    Tags: NotRequired[dict[str, str]]
    Region: NotRequired[str]
    ClientRequestToken: NotRequired[str]


class RestoreCollectionResponse(TypedDict):
    """What RestoreCollection answers."""

    CollectionArn: NotRequired[str]
    FaceModelVersion: NotRequired[str]
    Resumed: NotRequired[bool]


class RestoreFacesRequest(TypedDict):
    """What RestoreFaces is asked."""

    CollectionId: str
    Faces: list[KeptFace]


class RestoreFacesResponse(TypedDict):
    """What RestoreFaces answers."""

    Restored: NotRequired[int]
    AlreadyThere: NotRequired[int]
    Unassociated: NotRequired[list[str]]


class RestoreUsersRequest(TypedDict):
    """What RestoreUsers is asked."""

    CollectionId: str
    Users: list[KeptUser]


class RestoreUsersResponse(TypedDict):
    """What RestoreUsers answers."""

    Restored: NotRequired[int]
    AlreadyThere: NotRequired[int]


class ResumeRequest(TypedDict):
    """What Resume is asked."""

    SuspensionId: str
    Why: str


class ResumeResponse(TypedDict):
    """What Resume answers."""

    Suspension: NotRequired[SuspensionDescription]


ReviewState: TypeAlias = Literal["open", "closed", "expired", "sealed", "withdrawn"]


class ReviewSummary(TypedDict):
    """Part of DescribeReview, ListReviews."""

    ReviewId: NotRequired[str]
    State: NotRequired[ReviewState]
    Outcome: NotRequired[str]
    Faces: NotRequired[int]
    ShortLineUp: NotRequired[bool]
    Unseen: NotRequired[int]
    OpenedOn: NotRequired[datetime]
    ExpiresOn: NotRequired[datetime]
    ClosedAt: NotRequired[datetime]
    Judged: NotRequired[bool]
    RejectedBefore: NotRequired[int]


class ReviewerDescription(TypedDict):
    """Part of ListReviewers."""

    Person: NotRequired[str]
    Until: NotRequired[datetime]
    Evidence: NotRequired[str]
    QualifiedAt: NotRequired[datetime]
    QualifiedBy: NotRequired[str]
    Qualified: NotRequired[bool]
    Verdicts: NotRequired[int]
    SeededSeen: NotRequired[int]
    SeededFalse: NotRequired[int]
    OthersFalse: NotRequired[int]
    Agreed: NotRequired[int]
    Overturned: NotRequired[int]
    AgreementRate: NotRequired[float]
    MedianSeconds: NotRequired[float]


class RevokeKeyRequest(TypedDict):
    """What RevokeKey is asked."""

    AccessKeyId: str
    Why: str


class RevokeKeyResponse(TypedDict):
    """What RevokeKey answers."""

    Key: NotRequired[AccessKeyDescription]


class RotateKeyRequest(TypedDict):
    """What RotateKey is asked."""

    AccessKeyId: str
    OverlapSeconds: int


class RotateKeyResponse(TypedDict):
    """What RotateKey answers."""

    AccessKeyId: NotRequired[str]
    SecretAccessKey: NotRequired[str]
    Key: NotRequired[AccessKeyDescription]
    Rotated: NotRequired[AccessKeyDescription]


class S3Destination(TypedDict):
    """Part of CreateStreamProcessor, DescribeStreamProcessor."""

    Bucket: NotRequired[str]
    KeyPrefix: NotRequired[str]


class S3Object(TypedDict):
    """Part of CompareFaces, CreateDataset and 34 more."""

    Bucket: NotRequired[str]
    Name: NotRequired[str]
    Version: NotRequired[str]


class SealLapsedRequest(TypedDict):
    """What SealLapsed is asked."""


class SealLapsedResponse(TypedDict):
    """What SealLapsed answers."""

    Sealed: NotRequired[list[str]]
    More: NotRequired[bool]


class SearchFacesByImageRequest(TypedDict):
    """What SearchFacesByImage is asked."""

    CollectionId: str
    Image: Image
    MaxFaces: NotRequired[int]
    FaceMatchThreshold: NotRequired[float]
    QualityFilter: NotRequired[QualityFilter]


class SearchFacesByImageResponse(TypedDict):
    """What SearchFacesByImage answers."""

    SearchedFaceBoundingBox: NotRequired[BoundingBox]
    SearchedFaceConfidence: NotRequired[float]
    FaceMatches: NotRequired[list[FaceMatch]]
    FaceModelVersion: NotRequired[str]


class SearchFacesRequest(TypedDict):
    """What SearchFaces is asked."""

    CollectionId: str
    FaceId: str
    MaxFaces: NotRequired[int]
    FaceMatchThreshold: NotRequired[float]


class SearchFacesResponse(TypedDict):
    """What SearchFaces answers."""

    SearchedFaceId: NotRequired[str]
    FaceMatches: NotRequired[list[FaceMatch]]
    FaceModelVersion: NotRequired[str]


class SearchUsersByImageRequest(TypedDict):
    """What SearchUsersByImage is asked."""

    CollectionId: str
    Image: Image
    UserMatchThreshold: NotRequired[float]
    MaxUsers: NotRequired[int]
    QualityFilter: NotRequired[QualityFilter]


class SearchUsersByImageResponse(TypedDict):
    """What SearchUsersByImage answers."""

    UserMatches: NotRequired[list[UserMatch]]
    FaceModelVersion: NotRequired[str]
    SearchedFace: NotRequired[SearchedFaceDetails]
    UnsearchedFaces: NotRequired[list[UnsearchedFace]]


class SearchUsersRequest(TypedDict):
    """What SearchUsers is asked."""

    CollectionId: str
    UserId: NotRequired[str]
    FaceId: NotRequired[str]
    UserMatchThreshold: NotRequired[float]
    MaxUsers: NotRequired[int]


class SearchUsersResponse(TypedDict):
    """What SearchUsers answers."""

    UserMatches: NotRequired[list[UserMatch]]
    FaceModelVersion: NotRequired[str]
    SearchedFace: NotRequired[SearchedFace]
    SearchedUser: NotRequired[SearchedUser]


class SearchedFace(TypedDict):
    """Part of SearchUsers."""

    FaceId: NotRequired[str]


class SearchedFaceDetails(TypedDict):
    """Part of SearchUsersByImage."""

    FaceDetail: NotRequired[FaceDetail]


class SearchedUser(TypedDict):
    """Part of SearchUsers."""

    UserId: NotRequired[str]


class SeedReviewRequest(TypedDict):
    """What SeedReview is asked."""

    CollectionId: str


class SeedReviewResponse(TypedDict):
    """What SeedReview answers."""

    ReviewId: NotRequired[str]


class SegmentDetection(TypedDict):
    """Part of GetSegmentDetection."""

    Type: NotRequired[SegmentType]
    StartTimestampMillis: NotRequired[int]
    EndTimestampMillis: NotRequired[int]
    DurationMillis: NotRequired[int]
    StartTimecodeSMPTE: NotRequired[str]
    EndTimecodeSMPTE: NotRequired[str]
    DurationSMPTE: NotRequired[str]
    TechnicalCueSegment: NotRequired[TechnicalCueSegment]
    ShotSegment: NotRequired[ShotSegment]
    StartFrameNumber: NotRequired[int]
    EndFrameNumber: NotRequired[int]
    DurationFrames: NotRequired[int]


SegmentType: TypeAlias = Literal["TECHNICAL_CUE", "SHOT"]


class SegmentTypeInfo(TypedDict):
    """Part of GetSegmentDetection."""

    Type: NotRequired[SegmentType]
    ModelVersion: NotRequired[str]


class SessionMetadata(TypedDict):
    """Part of GetFaceLivenessSessionResults."""

    SDKType: str


class ShotSegment(TypedDict):
    """Part of GetSegmentDetection."""

    Index: NotRequired[int]
    Confidence: NotRequired[float]


class Smile(TypedDict):
    """Part of CompareFaces, DetectFaces and 7 more."""

    Value: NotRequired[bool]
    Confidence: NotRequired[float]


class StartCelebrityRecognitionRequest(TypedDict):
    """What StartCelebrityRecognition is asked."""

    Video: Video
    ClientRequestToken: NotRequired[str]
    NotificationChannel: NotRequired[NotificationChannel]
    JobTag: NotRequired[str]


class StartCelebrityRecognitionResponse(TypedDict):
    """What StartCelebrityRecognition answers."""

    JobId: NotRequired[str]


class StartContentModerationRequest(TypedDict):
    """What StartContentModeration is asked."""

    Video: Video
    MinConfidence: NotRequired[float]
    ClientRequestToken: NotRequired[str]
    NotificationChannel: NotRequired[NotificationChannel]
    JobTag: NotRequired[str]


class StartContentModerationResponse(TypedDict):
    """What StartContentModeration answers."""

    JobId: NotRequired[str]


class StartFaceDetectionRequest(TypedDict):
    """What StartFaceDetection is asked."""

    Video: Video
    ClientRequestToken: NotRequired[str]
    NotificationChannel: NotRequired[NotificationChannel]
    FaceAttributes: NotRequired[FaceAttributes]
    JobTag: NotRequired[str]


class StartFaceDetectionResponse(TypedDict):
    """What StartFaceDetection answers."""

    JobId: NotRequired[str]


class StartFaceSearchRequest(TypedDict):
    """What StartFaceSearch is asked."""

    Video: Video
    ClientRequestToken: NotRequired[str]
    FaceMatchThreshold: NotRequired[float]
    CollectionId: str
    NotificationChannel: NotRequired[NotificationChannel]
    JobTag: NotRequired[str]


class StartFaceSearchResponse(TypedDict):
    """What StartFaceSearch answers."""

    JobId: NotRequired[str]


class StartLabelDetectionRequest(TypedDict):
    """What StartLabelDetection is asked."""

    Video: Video
    ClientRequestToken: NotRequired[str]
    MinConfidence: NotRequired[float]
    NotificationChannel: NotRequired[NotificationChannel]
    JobTag: NotRequired[str]
    Features: NotRequired[list[LabelDetectionFeatureName]]
    Settings: NotRequired[LabelDetectionSettings]


class StartLabelDetectionResponse(TypedDict):
    """What StartLabelDetection answers."""

    JobId: NotRequired[str]


class StartMediaAnalysisJobRequest(TypedDict):
    """What StartMediaAnalysisJob is asked."""

    ClientRequestToken: NotRequired[str]
    JobName: NotRequired[str]
    OperationsConfig: MediaAnalysisOperationsConfig
    Input: MediaAnalysisInput
    OutputConfig: MediaAnalysisOutputConfig
    KmsKeyId: NotRequired[str]


class StartMediaAnalysisJobResponse(TypedDict):
    """What StartMediaAnalysisJob answers."""

    JobId: str


class StartPersonTrackingRequest(TypedDict):
    """What StartPersonTracking is asked."""

    Video: Video
    ClientRequestToken: NotRequired[str]
    NotificationChannel: NotRequired[NotificationChannel]
    JobTag: NotRequired[str]


class StartPersonTrackingResponse(TypedDict):
    """What StartPersonTracking answers."""

    JobId: NotRequired[str]


class StartProjectVersionRequest(TypedDict):
    """What StartProjectVersion is asked."""

    ProjectVersionArn: str
    MinInferenceUnits: int
    MaxInferenceUnits: NotRequired[int]


class StartProjectVersionResponse(TypedDict):
    """What StartProjectVersion answers."""

    Status: NotRequired[ProjectVersionStatus]


class StartReembeddingRequest(TypedDict):
    """What StartReembedding is asked."""

    CollectionId: str
    Model: str


class StartReembeddingResponse(TypedDict):
    """What StartReembedding answers."""

    Model: NotRequired[str]
    FaceModelVersion: NotRequired[str]
    Faces: NotRequired[int]


class StartSegmentDetectionFilters(TypedDict):
    """Part of StartSegmentDetection."""

    TechnicalCueFilter: NotRequired[StartTechnicalCueDetectionFilter]
    ShotFilter: NotRequired[StartShotDetectionFilter]


class StartSegmentDetectionRequest(TypedDict):
    """What StartSegmentDetection is asked."""

    Video: Video
    ClientRequestToken: NotRequired[str]
    NotificationChannel: NotRequired[NotificationChannel]
    JobTag: NotRequired[str]
    Filters: NotRequired[StartSegmentDetectionFilters]
    SegmentTypes: list[SegmentType]


class StartSegmentDetectionResponse(TypedDict):
    """What StartSegmentDetection answers."""

    JobId: NotRequired[str]


class StartShotDetectionFilter(TypedDict):
    """Part of StartSegmentDetection."""

    MinSegmentConfidence: NotRequired[float]


class StartStreamProcessorRequest(TypedDict):
    """What StartStreamProcessor is asked."""

    Name: str
    StartSelector: NotRequired[StreamProcessingStartSelector]
    StopSelector: NotRequired[StreamProcessingStopSelector]


class StartStreamProcessorResponse(TypedDict):
    """What StartStreamProcessor answers."""

    SessionId: NotRequired[str]


class StartTechnicalCueDetectionFilter(TypedDict):
    """Part of StartSegmentDetection."""

    MinSegmentConfidence: NotRequired[float]
    BlackFrame: NotRequired[BlackFrame]


class StartTextDetectionFilters(TypedDict):
    """Part of StartTextDetection."""

    WordFilter: NotRequired[DetectionFilter]
    RegionsOfInterest: NotRequired[list[RegionOfInterest]]


class StartTextDetectionRequest(TypedDict):
    """What StartTextDetection is asked."""

    Video: Video
    ClientRequestToken: NotRequired[str]
    NotificationChannel: NotRequired[NotificationChannel]
    JobTag: NotRequired[str]
    Filters: NotRequired[StartTextDetectionFilters]


class StartTextDetectionResponse(TypedDict):
    """What StartTextDetection answers."""

    JobId: NotRequired[str]


class StopProjectVersionRequest(TypedDict):
    """What StopProjectVersion is asked."""

    ProjectVersionArn: str


class StopProjectVersionResponse(TypedDict):
    """What StopProjectVersion answers."""

    Status: NotRequired[ProjectVersionStatus]


class StopStreamProcessorRequest(TypedDict):
    """What StopStreamProcessor is asked."""

    Name: str


class StopStreamProcessorResponse(TypedDict):
    """What StopStreamProcessor answers."""


class StreamProcessingStartSelector(TypedDict):
    """Part of StartStreamProcessor."""

    KVSStreamStartSelector: NotRequired[KinesisVideoStreamStartSelector]


class StreamProcessingStopSelector(TypedDict):
    """Part of StartStreamProcessor."""

    MaxDurationInSeconds: NotRequired[int]


class StreamProcessor(TypedDict):
    """Part of ListStreamProcessors."""

    Name: NotRequired[str]
    Status: NotRequired[StreamProcessorStatus]


class StreamProcessorDataSharingPreference(TypedDict):
    """Part of CreateStreamProcessor, DescribeStreamProcessor and 1 more."""

    OptIn: bool


class StreamProcessorInput(TypedDict):
    """Part of CreateStreamProcessor, DescribeStreamProcessor."""

    KinesisVideoStream: NotRequired[KinesisVideoStream]


class StreamProcessorNotificationChannel(TypedDict):
    """Part of CreateStreamProcessor, DescribeStreamProcessor."""

    SNSTopicArn: str


class StreamProcessorOutput(TypedDict):
    """Part of CreateStreamProcessor, DescribeStreamProcessor."""

    KinesisDataStream: NotRequired[KinesisDataStream]
    S3Destination: NotRequired[S3Destination]


StreamProcessorParameterToDelete: TypeAlias = Literal["ConnectedHomeMinConfidence", "RegionsOfInterest"]


class StreamProcessorSettings(TypedDict):
    """Part of CreateStreamProcessor, DescribeStreamProcessor."""

    FaceSearch: NotRequired[FaceSearchSettings]
    ConnectedHome: NotRequired[ConnectedHomeSettings]


class StreamProcessorSettingsForUpdate(TypedDict):
    """Part of UpdateStreamProcessor."""

    ConnectedHomeForUpdate: NotRequired[ConnectedHomeSettingsForUpdate]


StreamProcessorStatus: TypeAlias = Literal["STOPPED", "STARTING", "RUNNING", "FAILED", "STOPPING", "UPDATING"]


class SubmitVerdictRequest(TypedDict):
    """What SubmitVerdict is asked."""

    ReviewId: str
    Calls: list[LabelCall]
    Reason: NotRequired[str]


class SubmitVerdictResponse(TypedDict):
    """What SubmitVerdict answers."""

    ReviewId: NotRequired[str]
    Sentence: NotRequired[str]


class Summary(TypedDict):
    """Part of DescribeProjectVersions."""

    S3Object: NotRequired[S3Object]


class Sunglasses(TypedDict):
    """Part of DetectFaces, GetCelebrityRecognition and 5 more."""

    Value: NotRequired[bool]
    Confidence: NotRequired[float]


class SuspendRequest(TypedDict):
    """What Suspend is asked."""

    All: NotRequired[bool]
    Act: NotRequired[str]
    Operation: NotRequired[str]
    CollectionId: NotRequired[str]
    Why: str


class SuspendResponse(TypedDict):
    """What Suspend answers."""

    Suspension: NotRequired[SuspensionDescription]


class SuspensionDescription(TypedDict):
    """Part of ListSuspensions, Resume and 1 more."""

    SuspensionId: NotRequired[str]
    All: NotRequired[bool]
    Act: NotRequired[str]
    Operation: NotRequired[str]
    CollectionId: NotRequired[str]
    Why: NotRequired[str]
    SuspendedAt: NotRequired[datetime]
    SuspendedBy: NotRequired[str]
    ResumedAt: NotRequired[datetime]
    ResumedBy: NotRequired[str]
    ResumedWhy: NotRequired[str]


class TagResourceRequest(TypedDict):
    """What TagResource is asked."""

    ResourceArn: str
    Tags: dict[str, str]


class TagResourceResponse(TypedDict):
    """What TagResource answers."""


class TechnicalCueSegment(TypedDict):
    """Part of GetSegmentDetection."""

    Type: NotRequired[TechnicalCueType]
    Confidence: NotRequired[float]


TechnicalCueType: TypeAlias = Literal[
    "ColorBars", "EndCredits", "BlackFrames", "OpeningCredits", "StudioLogo", "Slate", "Content"
]


class TestingData(TypedDict):
    """Part of CreateProjectVersion, DescribeProjectVersions."""

    Assets: NotRequired[list[Asset]]
    AutoCreate: NotRequired[bool]


class TestingDataResult(TypedDict):
    """Part of DescribeProjectVersions."""

    Input: NotRequired[TestingData]
    Output: NotRequired[TestingData]
    Validation: NotRequired[ValidationData]


class TextDetection(TypedDict):
    """Part of DetectText, GetTextDetection."""

    DetectedText: NotRequired[str]
    Type: NotRequired[TextTypes]
    Id: NotRequired[int]
    ParentId: NotRequired[int]
    Confidence: NotRequired[float]
    Geometry: NotRequired[Geometry]


class TextDetectionResult(TypedDict):
    """Part of GetTextDetection."""

    Timestamp: NotRequired[int]
    TextDetection: NotRequired[TextDetection]


TextTypes: TypeAlias = Literal["LINE", "WORD"]


class TidyReviewsRequest(TypedDict):
    """What TidyReviews is asked."""


class TidyReviewsResponse(TypedDict):
    """What TidyReviews answers."""

    Expired: NotRequired[int]
    PicturesDestroyed: NotRequired[int]
    More: NotRequired[bool]


class TrainingData(TypedDict):
    """Part of CreateProjectVersion, DescribeProjectVersions."""

    Assets: NotRequired[list[Asset]]


class TrainingDataResult(TypedDict):
    """Part of DescribeProjectVersions."""

    Input: NotRequired[TrainingData]
    Output: NotRequired[TrainingData]
    Validation: NotRequired[ValidationData]


class UnindexedFace(TypedDict):
    """Part of IndexFaces."""

    Reasons: NotRequired[list[Reason]]
    FaceDetail: NotRequired[FaceDetail]


class UnsearchedFace(TypedDict):
    """Part of SearchUsersByImage."""

    FaceDetails: NotRequired[FaceDetail]
    Reasons: NotRequired[list[UnsearchedFaceReason]]


UnsearchedFaceReason: TypeAlias = Literal[
    "FACE_NOT_LARGEST",
    "EXCEEDS_MAX_FACES",
    "EXTREME_POSE",
    "LOW_BRIGHTNESS",
    "LOW_SHARPNESS",
    "LOW_CONFIDENCE",
    "SMALL_BOUNDING_BOX",
    "LOW_FACE_QUALITY",
]


class UnsuccessfulFaceAssociation(TypedDict):
    """Part of AssociateFaces."""

    FaceId: NotRequired[str]
    UserId: NotRequired[str]
    Confidence: NotRequired[float]
    Reasons: NotRequired[list[UnsuccessfulFaceAssociationReason]]


UnsuccessfulFaceAssociationReason: TypeAlias = Literal[
    "FACE_NOT_FOUND", "ASSOCIATED_TO_A_DIFFERENT_USER", "LOW_MATCH_CONFIDENCE"
]


class UnsuccessfulFaceDeletion(TypedDict):
    """Part of DeleteFaces."""

    FaceId: NotRequired[str]
    UserId: NotRequired[str]
    Reasons: NotRequired[list[UnsuccessfulFaceDeletionReason]]


UnsuccessfulFaceDeletionReason: TypeAlias = Literal["ASSOCIATED_TO_AN_EXISTING_USER", "FACE_NOT_FOUND"]


class UnsuccessfulFaceDisassociation(TypedDict):
    """Part of DisassociateFaces."""

    FaceId: NotRequired[str]
    UserId: NotRequired[str]
    Reasons: NotRequired[list[UnsuccessfulFaceDisassociationReason]]


UnsuccessfulFaceDisassociationReason: TypeAlias = Literal["FACE_NOT_FOUND", "ASSOCIATED_TO_A_DIFFERENT_USER"]


class UntagResourceRequest(TypedDict):
    """What UntagResource is asked."""

    ResourceArn: str
    TagKeys: list[str]


class UntagResourceResponse(TypedDict):
    """What UntagResource answers."""


class UpdateDatasetEntriesRequest(TypedDict):
    """What UpdateDatasetEntries is asked."""

    DatasetArn: str
    Changes: DatasetChanges


class UpdateDatasetEntriesResponse(TypedDict):
    """What UpdateDatasetEntries answers."""


class UpdateKeyRequest(TypedDict):
    """What UpdateKey is asked."""

    AccessKeyId: str
    Name: NotRequired[str]
    Person: NotRequired[str]
    Roles: NotRequired[list[str]]
    Purpose: NotRequired[str]
    ExpiresAt: NotRequired[datetime]
    NeverExpires: NotRequired[bool]


class UpdateKeyResponse(TypedDict):
    """What UpdateKey answers."""

    Key: NotRequired[AccessKeyDescription]


class UpdateStreamProcessorRequest(TypedDict):
    """What UpdateStreamProcessor is asked."""

    Name: str
    SettingsForUpdate: NotRequired[StreamProcessorSettingsForUpdate]
    RegionsOfInterestForUpdate: NotRequired[list[RegionOfInterest]]
    DataSharingPreferenceForUpdate: NotRequired[StreamProcessorDataSharingPreference]
    ParametersToDelete: NotRequired[list[StreamProcessorParameterToDelete]]


class UpdateStreamProcessorResponse(TypedDict):
    """What UpdateStreamProcessor answers."""


class User(TypedDict):
    """Part of ListUsers."""

    UserId: NotRequired[str]
    UserStatus: NotRequired[UserStatus]


class UserMatch(TypedDict):
    """Part of SearchUsers, SearchUsersByImage."""

    Similarity: NotRequired[float]
    User: NotRequired[MatchedUser]


UserStatus: TypeAlias = Literal["ACTIVE", "UPDATING", "CREATING", "CREATED"]


class ValidationData(TypedDict):
    """Part of DescribeProjectVersions."""

    Assets: NotRequired[list[Asset]]


VerdictCall: TypeAlias = Literal["same", "different", "cannot-tell"]


class VerdictDescription(TypedDict):
    """Part of DescribeReview."""

    Person: NotRequired[str]
    At: NotRequired[datetime]
    Seconds: NotRequired[float]
    Calls: NotRequired[list[PlaceCall]]
    Reasons: NotRequired[dict[str, str]]
    Counts: NotRequired[bool]
    Commitment: NotRequired[str]
    Opening: NotRequired[str]


class Versions(TypedDict):
    """Part of CreateFaceLivenessSession."""

    Minimum: NotRequired[str]
    Maximum: NotRequired[str]


class Video(TypedDict):
    """Part of GetCelebrityRecognition, GetContentModeration and 14 more."""

    S3Object: NotRequired[S3Object]


VideoColorRange: TypeAlias = Literal["FULL", "LIMITED"]


VideoJobStatus: TypeAlias = Literal["IN_PROGRESS", "SUCCEEDED", "FAILED"]


class VideoMetadata(TypedDict):
    """Part of GetCelebrityRecognition, GetContentModeration and 6 more."""

    Codec: NotRequired[str]
    DurationMillis: NotRequired[int]
    Format: NotRequired[str]
    FrameRate: NotRequired[float]
    FrameHeight: NotRequired[int]
    FrameWidth: NotRequired[int]
    ColorRange: NotRequired[VideoColorRange]


class WithdrawConsentRequest(TypedDict):
    """What WithdrawConsent is asked."""

    CollectionId: str
    Consent: str


class WithdrawConsentResponse(TypedDict):
    """What WithdrawConsent answers."""

    DeletedFaces: list[str]
    More: bool


class WitnessCheckpointRequest(TypedDict):
    """What WitnessCheckpoint is asked."""

    Checkpoint: str
    OldSize: int
    Proof: NotRequired[list[bytes]]


class WitnessCheckpointResponse(TypedDict):
    """What WitnessCheckpoint answers."""

    Cosignature: str
    Size: int


class WitnessedLog(TypedDict):
    """Part of DescribeWitness."""

    VerifierKey: str
    Size: int
