"""Frozen models of what partners publish. Written by schemas_avro/generate.py; do not edit."""

from datetime import date
from enum import StrEnum

from pydantic import AwareDatetime

from schemas_avro.masked import Event, Frozen, Hidden, Masked, MaskedDate


class ClaimedAuthority(Frozen):
    """Why the partner may disclose, in its own words; recorded, never relied on."""

    statute: str | None = None
    """Section of law that the partner names."""
    agreement_id: str | None = None
    """Agreement that the partner names."""


class DataCategory(StrEnum):
    """Symbols of DataCategory."""

    DIRECTORY = "directory"
    EDUCATION = "education"
    ASSESSMENT = "assessment"
    DISCIPLINE = "discipline"
    DISABILITY = "disability"
    HEALTH = "health"
    SUBSTANCE_USE = "substance_use"
    AID = "aid"
    IMMIGRATION_PROXY = "immigration_proxy"
    WAGE = "wage"
    EMPLOYER = "employer"
    WELFARE = "welfare"
    CHILD_WELFARE = "child_welfare"
    HOUSING = "housing"
    IDENTITY = "identity"
    CONTACT = "contact"
    ADDRESS = "address"


class IdentifierSystem(StrEnum):
    """Symbols of IdentifierSystem."""

    SSN = "SSN"
    SSID = "SSID"
    CCCID = "CCCID"
    CSU_ID = "CSU_ID"
    UC_ID = "UC_ID"
    CSAC_ID = "CSAC_ID"
    CIN = "CIN"
    SCHOOL = "SCHOOL"
    DISTRICT = "DISTRICT"
    INSTITUTION = "INSTITUTION"
    PROGRAM = "PROGRAM"
    FAMILY = "FAMILY"
    OTHER = "OTHER"


class Identifier(Frozen):
    """One identifier of the person."""

    system: Hidden[IdentifierSystem]
    """Who counts with it."""
    value: Masked
    """The identifier itself."""
    assigner: Masked | None = None
    """Organisation that assigned it."""


class Operation(StrEnum):
    """Symbols of Operation."""

    ASSERT = "assert"
    CORRECT = "correct"
    RETRACT = "retract"


class Envelope(Frozen):
    """What every partner event says about itself, whatever its family (domain: CloudEvents id, CEDS data-record elements). Identity zone: resolve cuts the fields of classification identity off."""

    event_id: str
    """UUID of this event, in lower-case hexadecimal with hyphens; the idempotency key (CloudEvents id)."""
    event_type: str
    """The one form of event type: <family>.recorded.v<major>."""
    schema_version: str
    """Revision of the family's schema that the source wrote, as <major>.<minor>."""
    partner_id: str
    """The partner that publishes; equals the partner in the topic's name."""
    source_system_name: str | None = None
    """Name of the partner's system that the fact came from."""
    source_record_id: Masked
    """The partner's own id of this fact, the same across its corrections and retraction."""
    source_collection_id: str | None = None
    """The partner's own id of the file or collection that the fact came in."""
    occurred_on: date | None = None
    """Day on which the fact happened."""
    effective_from: date | None = None
    """First day on which the fact was true (valid time)."""
    effective_to: date | None = None
    """Last day on which the fact was true; null while it goes on."""
    observed_at: AwareDatetime
    """When the partner's system learned of the fact, UTC."""
    published_at: AwareDatetime
    """When the partner published this event, UTC; versions of one fact are ordered by it, then by event id."""
    operation: Operation
    """assert: the fact is so; correct: replaces an earlier version, which stays as history; retract: it never was so."""
    supersedes_event_id: str | None = None
    """The event that a correct or retract answers to, where the source knows it."""
    subject_token: Masked | None = None
    """The partner's own id of the person's record; null only from sources that have none (wage rows)."""
    subject_name: Masked | None = None
    """Name as written by a source without own ids; with the SSN it makes the record's key. Null elsewhere."""
    identifiers: tuple[Identifier, ...]
    """Identifiers of the person that the event itself carries."""
    data_categories: tuple[DataCategory, ...]
    """Categories beyond the family's own that this event reveals; each must be permitted for it to be released."""
    claimed_authority: ClaimedAuthority | None = None
    """Why the partner holds that it may disclose this."""


class Sex(StrEnum):
    """Symbols of Sex."""

    FEMALE = "Female"
    MALE = "Male"
    NOTSELECTED = "NotSelected"


class Identity(Frozen):
    """Traits by which a partner's record is compared with others'. Identity zone only: goes no further than resolve."""

    first_name: Masked | None = None
    """Given name."""
    middle_name: Masked | None = None
    """Middle name."""
    last_name: Masked | None = None
    """Surname."""
    name_suffix: Masked | None = None
    """Jr., III and the like."""
    other_first_name: Masked | None = None
    """Other given name: alias, preferred, former."""
    other_middle_name: Masked | None = None
    """Other middle name."""
    other_last_name: Masked | None = None
    """Other surname: alias, maiden, former."""
    birth_date: MaskedDate | None = None
    """Day of birth."""
    sex: Hidden[Sex | None] = None
    """Sex."""
    birth_city: Masked | None = None
    """City of birth."""
    birth_state: Masked | None = None
    """State of birth, two letters."""
    birth_country: Masked | None = None
    """Country of birth, ISO 3166 alpha-2."""
    multiple_birth: Hidden[bool | None] = None
    """One of twins, triplets and so on."""
    ssn: Masked | None = None
    """Social security number, nine digits; hashed at resolve's first step."""
    family_id: Masked | None = None
    """The source's id of the household."""
    address_line: Masked | None = None
    """Street and number of residence."""
    city: Masked | None = None
    """City of residence."""
    postal_code: Masked | None = None
    """ZIP code of residence."""
    email: Masked | None = None
    """Electronic mail address."""
    phone: Masked | None = None
    """Telephone number."""


class AuthenticationLevel(StrEnum):
    """Symbols of AuthenticationLevel."""

    IN_PERSON = "in_person"
    SIGNED_PAPER = "signed_paper"
    ELECTRONIC_IDENTIFIED = "electronic_identified"
    ELECTRONIC_AUTHENTICATED = "electronic_authenticated"


class GuardianBasis(StrEnum):
    """Symbols of GuardianBasis."""

    PARENT = "parent"
    LEGAL_GUARDIAN = "legal_guardian"
    EDUCATION_RIGHTS_HOLDER = "education_rights_holder"
    ELIGIBLE_STUDENT = "eligible_student"
    EMANCIPATED_MINOR = "emancipated_minor"
    COURT = "court"


class GrantorRole(StrEnum):
    """Symbols of GrantorRole."""

    STUDENT = "student"
    PARENT = "parent"
    GUARDIAN = "guardian"
    EDUCATION_RIGHTS_HOLDER = "education_rights_holder"
    COURT = "court"


class ConsentState(StrEnum):
    """Symbols of ConsentState."""

    REQUESTED = "requested"
    GIVEN = "given"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    RENEWED = "renewed"
    INVALIDATED = "invalidated"


class Consent(Frozen):
    """A statement about consent: given, refused, withdrawn. Field names after ISO/IEC TS 27560; what FERPA asks for in 34 CFR 99.30(b) is mandatory."""

    consent_id: str
    """Id of the consent; a withdrawal names the consent that it ends."""
    receipt_id: str | None = None
    """Id of the receipt handed to the person."""
    event_state: ConsentState
    """State that this statement puts the consent in."""
    granted_by_role: GrantorRole
    """Who spoke."""
    guardian_basis: GuardianBasis | None = None
    """By what right, CEDS 001981 and FERPA 99.3."""
    authentication_level: AuthenticationLevel | None = None
    """How the signer was identified, 34 CFR 99.30(d)."""
    controllers: tuple[str, ...]
    """Partners whose records may be disclosed."""
    records_covered: tuple[DataCategory, ...]
    """Categories of records that may be disclosed, 34 CFR 99.30(b)(1)."""
    purposes: tuple[str, ...]
    """Purposes of the disclosure, 34 CFR 99.30(b)(2)."""
    recipients: tuple[str, ...]
    """Parties to whom the disclosure may be made, 34 CFR 99.30(b)(3)."""
    given_at: AwareDatetime
    """When the person spoke, UTC."""
    valid_from: date | None = None
    """First day on which the consent holds."""
    valid_until: date | None = None
    """Last day on which the consent holds; null: until withdrawn."""
    jurisdiction: str | None = None
    """Law that it is given under, as US-CA."""
    lawful_basis: str | None = None
    """Lawful basis as the source names it."""
    notice_uri: str | None = None
    """Where the notice that was shown stands; never fetched."""
    notice_hash: str | None = None
    """SHA-256 of the notice, hexadecimal."""
    language: str | None = None
    """Language of the notice, ISO 639-2."""
    withdrawal_method: str | None = None
    """How it can be withdrawn."""
    retention_period: str | None = None
    """How long the recipients may keep it, ISO 8601 duration."""
    storage_location: str | None = None
    """Where the recipients keep it, as a country or state (ISO/IEC TS 27560)."""
    evidence_hash: str | None = None
    """SHA-256 of the signed evidence, hexadecimal."""
    prev_hash: str | None = None
    """SHA-256 of the statement before this one."""


class UnitType(StrEnum):
    """Symbols of UnitType."""

    SEMESTER = "semester"
    QUARTER = "quarter"
    OTHER = "other"


class PostsecondaryExitType(StrEnum):
    """Symbols of PostsecondaryExitType."""

    WITHDRAWN = "withdrawn"
    GRADUATED = "graduated"
    APPROVED_LEAVE_OF_ABSENCE = "approved_leave_of_absence"
    DECEASED = "deceased"
    UNKNOWN = "unknown"


class EnrollmentIntensity(StrEnum):
    """Symbols of EnrollmentIntensity."""

    FULL_TIME = "full_time"
    AT_LEAST_HALF_TIME = "at_least_half_time"
    LESS_THAN_HALF_TIME = "less_than_half_time"
    AT_LEAST_THREE_QUARTER_TIME = "at_least_three_quarter_time"
    HALF_TO_THREE_QUARTER_TIME = "half_to_three_quarter_time"


class PostsecondaryEnrollmentType(StrEnum):
    """Symbols of PostsecondaryEnrollmentType."""

    CONTINUING = "continuing"
    FIRST_TIME = "first_time"
    RE_ADMIT = "re_admit"
    TRANSFER_IN = "transfer_in"


class GradeLevel(StrEnum):
    """Symbols of GradeLevel."""

    IT = "IT"
    PR = "PR"
    TK = "TK"
    KG = "KG"
    G01 = "G01"
    G02 = "G02"
    G03 = "G03"
    G04 = "G04"
    G05 = "G05"
    G06 = "G06"
    G07 = "G07"
    G08 = "G08"
    G09 = "G09"
    G10 = "G10"
    G11 = "G11"
    G12 = "G12"
    G13 = "G13"
    UG = "UG"
    GR = "GR"
    AE = "AE"
    OTHER = "OTHER"


class EnrollmentStatus(StrEnum):
    """Symbols of EnrollmentStatus."""

    PREVIOUSLY_ENROLLED = "previously_enrolled"
    CURRENTLY_ENROLLED = "currently_enrolled"
    CONCURRENTLY_ENROLLED = "concurrently_enrolled"
    TRANSFERRING = "transferring"


class OrganizationIdSystem(StrEnum):
    """Symbols of OrganizationIdSystem."""

    CDS = "CDS"
    NCES = "NCES"
    LEA = "LEA"
    SEA = "SEA"
    FEIN = "FEIN"
    UNITID = "UNITID"
    OPEID = "OPEID"
    SCHOOL = "SCHOOL"
    OTHER = "OTHER"


class Enrollment(Frozen):
    """A person's enrollment at a school, college or programme: entry, grade, exit, units and grades."""

    organization_id: str
    """The school, college or programme."""
    organization_id_system: OrganizationIdSystem
    """Which list organization_id is from."""
    enrollment_status: EnrollmentStatus | None = None
    """CEDS 01810 to 01813, in this order."""
    calpads_enrollment_status: str | None = None
    """CALPADS SENR enrollment status: 10 primary, 20 secondary, 30 short-term, 40, 50 non-ADA."""
    entry_date: date | None = None
    """First day of the enrollment."""
    entry_type: str | None = None
    """How the person came, CEDS entry type code."""
    entry_grade_level: GradeLevel | None = None
    """Grade level at entry."""
    exit_date: date | None = None
    """Last day of the enrollment."""
    exit_type: str | None = None
    """How the person left, CEDS exit or withdrawal type code."""
    calpads_exit_reason: str | None = None
    """CALPADS student exit reason, as E155 or T165."""
    calpads_completion_status: str | None = None
    """CALPADS completion status; 100 graduated, which must pair with exit reason E230 (rule SENR0175)."""
    term_id: str | None = None
    """College term, CCC MIS GI03."""
    postsecondary_enrollment_type: PostsecondaryEnrollmentType | None = None
    """Kind of college enrollment."""
    enrollment_intensity: EnrollmentIntensity | None = None
    """CEDS 01 to 05, in this order."""
    postsecondary_exit_type: PostsecondaryExitType | None = None
    """How the person left college."""
    units_attempted_hundredths: int | None = None
    """Units attempted, in hundredths of a unit."""
    units_earned_hundredths: int | None = None
    """Units earned, in hundredths of a unit."""
    unit_type: UnitType | None = None
    """What a unit is; CEDS 00586 semester, 00588 quarter."""
    gpa_term_ten_thousandths: int | None = None
    """Grade point average of the term, in ten-thousandths of a point, 0 to 40000."""
    gpa_cumulative_ten_thousandths: int | None = None
    """Cumulative grade point average, in ten-thousandths of a point."""
    cip_code: str | None = None
    """Programme of study, CIP as NN.NNNN."""
    cip_version: str | None = None
    """Edition of the CIP list, as 2020."""
    full_time_equivalency_hundredths: int | None = None
    """Full-time equivalency, in hundredths, 0 to 100."""


class SapReason(StrEnum):
    """Symbols of SapReason."""

    GPA = "gpa"
    PACE = "pace"
    MAX_TIMEFRAME = "max_timeframe"


class SapStatus(StrEnum):
    """Symbols of SapStatus."""

    MEETING = "meeting"
    WARNING = "warning"
    PROBATION = "probation"
    NOT_ELIGIBLE = "not_eligible"


class GpaVerificationStatus(StrEnum):
    """Symbols of GpaVerificationStatus."""

    RECEIVED = "received"
    MISSING = "missing"
    NON_SSN_MATCH = "non_ssn_match"


class AwardStatus(StrEnum):
    """Symbols of AwardStatus."""

    AWARDED = "awarded"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    DISBURSED = "disbursed"


class AwardType(StrEnum):
    """Symbols of AwardType."""

    PELL_GRANTS = "pell_grants"
    STATE_AND_LOCAL_GRANTS = "state_and_local_grants"
    INSTITUTIONAL_GRANTS = "institutional_grants"
    FEDERAL_SUBSIDIZED_LOANS = "federal_subsidized_loans"
    FEDERAL_UNSUBSIDIZED_LOANS = "federal_unsubsidized_loans"
    FEDERAL_WORK_STUDY = "federal_work_study"
    OTHER_FEDERAL_GRANTS = "other_federal_grants"
    OTHER_GRANTS = "other_grants"
    PRIVATE_GRANTS = "private_grants"
    FEDERAL_SCHOLARSHIPS = "federal_scholarships"
    STATE_AND_LOCAL_SCHOLARSHIPS = "state_and_local_scholarships"
    INSTITUTIONAL_SCHOLARSHIPS = "institutional_scholarships"
    PRIVATE_SCHOLARSHIPS = "private_scholarships"
    OTHER_SCHOLARSHIPS = "other_scholarships"
    PARENT_PLUS_LOANS = "parent_plus_loans"
    STATE_LOANS = "state_loans"
    INSTITUTIONAL_LOANS = "institutional_loans"
    PRIVATE_LOANS = "private_loans"
    OTHER_LOANS = "other_loans"
    STATE_WORK = "state_work"
    OTHER_ON_CAMPUS_WORK = "other_on_campus_work"
    ASSISTANTSHIPS = "assistantships"
    OTHER = "other"


class VerificationGroup(StrEnum):
    """Symbols of VerificationGroup."""

    V1 = "V1"
    V4 = "V4"
    V5 = "V5"


class AidApplicationStatus(StrEnum):
    """Symbols of AidApplicationStatus."""

    NOT_STARTED = "not_started"
    SUBMITTED = "submitted"
    INCOMPLETE = "incomplete"
    REJECTED = "rejected"
    PROCESSED = "processed"
    OPTED_OUT = "opted_out"


class AidApplicationType(StrEnum):
    """Symbols of AidApplicationType."""

    FAFSA = "FAFSA"
    CADAA = "CADAA"
    INSTITUTION = "institution"
    OTHER = "other"
    NONE = "none"


class Aid(Frozen):
    """Student aid: application, award, grade-point verification, satisfactory academic progress."""

    aid_year: str
    """Award year as YYYY-YYYY, two years in a row."""
    application_type: AidApplicationType | None = None
    """Which application; CADAA reveals immigration status and is withheld unless that category too is permitted."""
    application_status: AidApplicationStatus | None = None
    """State of the application; opted_out after AB 469."""
    application_submitted_on: date | None = None
    """Day on which the application was submitted, which deadlines are held against."""
    isir_transaction_number: int | None = None
    """Transaction number of the institutional student information record."""
    reject_codes: tuple[str, ...]
    """Reject codes of the record."""
    verification_group: VerificationGroup | None = None
    """Federal verification group."""
    student_aid_index_usd: int | None = None
    """Student aid index in US dollars, -1500 to 999999."""
    award_type: AwardType | None = None
    """Kind of award, as CEDS has them."""
    state_programme: str | None = None
    """State programme: CAL_GRANT_A, CAL_GRANT_B, CAL_GRANT_C, MCS, CCPG, CHAFEE."""
    award_status: AwardStatus | None = None
    """State of the award."""
    award_amount_cents: int | None = None
    """Amount of the award, in US cents."""
    gpa_verification_status: GpaVerificationStatus | None = None
    """Whether the verified grade point average has come."""
    sap_status: SapStatus | None = None
    """Satisfactory academic progress, 34 CFR 668.34."""
    sap_reason: SapReason | None = None
    """Which measure failed, 34 CFR 668.34(a)."""
    financial_need_cents: int | None = None
    """Financial need, in US cents."""


class AdministrativeSource(StrEnum):
    """Symbols of AdministrativeSource."""

    STATE_UI = "state_ui"
    WRIS2 = "wris2"
    FEDES = "fedes"
    OTHER = "other"


class Employment(Frozen):
    """Employment in a calendar quarter, as unemployment-insurance wage records have it. Absence of a row is not unemployment: federal, military, own-account and out-of-state work is not in them."""

    reference_period_start: date
    """First day of the calendar quarter."""
    reference_period_end: date
    """Last day of the calendar quarter."""
    quarterly_earnings_cents: int | None = None
    """Total subject wages of the quarter, in US cents (DE 9C item G)."""
    pit_wages_cents: int | None = None
    """Wages subject to personal income tax, in US cents (DE 9C item H); in no agreement's reach by default."""
    employer_token: str | None = None
    """Pseudonym of the employer's account; who the employer is, is confidential too (20 CFR 603.4)."""
    naics_code: str | None = None
    """Industry of the employer, six digits."""
    jobs_count: int | None = None
    """Number of jobs in the quarter."""
    administrative_source: AdministrativeSource | None = None
    """CEDS 01 to 04, in this order."""
    employment_location: str | None = None
    """State of the work, two letters, or Multiple or Other."""
    workforce_program_type: str | None = None
    """CEDS workforce programme type code."""
    separation_type: str | None = None
    """CEDS separation type code; only from programme data."""
    separation_reason: str | None = None
    """CEDS separation reason code; only from programme data."""


class Contact(Frozen):
    """How to address and reach the person; reaches a case manager only by permission, like any family."""

    preferred_name: Masked
    """Name to call the person by."""
    language: Masked | None = None
    """Language to speak, ISO 639-2."""
    email: Masked | None = None
    """Electronic mail address."""
    phone: Masked | None = None
    """Telephone number."""
    address_line: Masked | None = None
    """Street and number of residence."""
    city: Masked | None = None
    """City of residence."""
    postal_code: Masked | None = None
    """ZIP code of residence."""


class CaseRelation(StrEnum):
    """Symbols of CaseRelation."""

    COUNSELOR = "counselor"
    CASE_WORKER = "case_worker"
    ADVISOR = "advisor"
    LIAISON = "liaison"
    STEWARD = "steward"


class AssignmentState(StrEnum):
    """Symbols of AssignmentState."""

    ASSIGNED = "assigned"
    ENDED = "ended"


class Caseload(Frozen):
    """That a recipient's case manager serves this person; the recipient's own words about its own record."""

    case_manager_id: str
    """The case manager's user id at the recipient."""
    assignment_state: AssignmentState
    """Whether the assignment holds."""
    relation: CaseRelation
    """What the case manager is to the person."""
    display_label: Masked | None = None
    """How the recipient itself calls the person in its list."""
    site: str | None = None
    """The recipient's office or school."""
    assigned_on: date | None = None
    """First day of the assignment."""
    ended_on: date | None = None
    """Last day of the assignment."""


class HomelessNighttimeResidence(StrEnum):
    """Symbols of HomelessNighttimeResidence."""

    DOUBLED_UP = "doubled_up"
    UNSHELTERED = "unsheltered"
    HOTEL_MOTEL = "hotel_motel"
    SHELTER = "shelter"
    TRANSITIONAL_HOUSING = "transitional_housing"
    OTHER = "other"


class PlacementEvent(StrEnum):
    """Symbols of PlacementEvent."""

    ENTERED = "entered"
    MOVED = "moved"
    EXITED = "exited"


class ParticipationStatus(StrEnum):
    """Symbols of ParticipationStatus."""

    REFERRED = "referred"
    ELIGIBLE = "eligible"
    ACTIVE = "active"
    EXITED = "exited"
    WITHDREW = "withdrew"
    NOT_ELIGIBLE = "not_eligible"
    OTHER = "other"


class SocialProgram(StrEnum):
    """Symbols of SocialProgram."""

    CALWORKS = "CALWORKS"
    CALFRESH = "CALFRESH"
    MEDI_CAL = "MEDI_CAL"
    FOSTER_CARE = "FOSTER_CARE"
    EXTENDED_FOSTER_CARE = "EXTENDED_FOSTER_CARE"
    DDS = "DDS"
    CHILD_CARE = "CHILD_CARE"


class SocialService(Frozen):
    """Participation in a program of public social services, with what else the agency knows that bears on who may speak for the person. No money, no address."""

    program: SocialProgram
    """Which program. It tells more than welfare of foster care, Medi-Cal and the Department of Developmental Services: such an event names child_welfare, health or disability among the data_categories of its envelope, and is rejected where it does not."""
    participation_status: ParticipationStatus
    """How the person stands to the program."""
    benefit_month: date | None = None
    """First day of the month for which a benefit was issued."""
    start_date: date | None = None
    """First day of participation."""
    exit_date: date | None = None
    """Last day of participation."""
    exit_reason: str | None = None
    """CEDS code of why participation ended, five digits."""
    aid_code: str | None = None
    """Aid code of the Medi-Cal Eligibility Data System, two letters or digits; no list was read. It can tell of health and of immigration, so it is released to nobody."""
    placement_event: PlacementEvent | None = None
    """What happened to the placement of a foster child; where the child lives is never told."""
    responsible_agency: str | None = None
    """Recipient that is the agency legally responsible for the care and protection of a foster child, 20 USC 1232g(b)(1)(L)."""
    responsible_county: str | None = None
    """California county that is responsible, by the first two digits of CDS codes, 01 to 58."""
    homeless_nighttime_residence: HomelessNighttimeResidence | None = None
    """Where a person without a home spends the nights."""
    unaccompanied_youth: bool | None = None
    """Whether the person is a homeless youth in no parent's or guardian's care; null: not known."""
    emancipated_minor: bool | None = None
    """Whether a court or the law has freed a minor from the parents' care (Family Code 7002); null: not known."""
    address_confidential: Hidden[bool | None] = None
    """Whether the person takes part in an address confidentiality program as Safe at Home (Government Code 6205 and following); null: not known."""


class AttendanceStatus(StrEnum):
    """Symbols of AttendanceStatus."""

    PRESENT = "present"
    EXCUSED_ABSENCE = "excused_absence"
    UNEXCUSED_ABSENCE = "unexcused_absence"
    TARDY = "tardy"
    EARLY_DEPARTURE = "early_departure"


class AttendanceEventType(StrEnum):
    """Symbols of AttendanceEventType."""

    DAILY = "daily"
    CLASS_SECTION = "class_section"
    PROGRAM = "program"
    EXTRACURRICULAR = "extracurricular"


class Attendance(Frozen):
    """Attendance: what happened on a day, or the days of a period summed up, as CALPADS takes them once a year. A day is a hundred hundredths."""

    organization_id: str
    """The school or program."""
    organization_id_system: OrganizationIdSystem
    """Which list organization_id is from."""
    attendance_event_type: AttendanceEventType | None = None
    """What was to be attended."""
    attendance_date: date | None = None
    """Day of which attendance_status is told; null where a period is summed up."""
    attendance_status: AttendanceStatus | None = None
    """How the day, or the class of that day, was attended."""
    period_start: date | None = None
    """First day of the period that is summed up."""
    period_end: date | None = None
    """Last day of the period that is summed up."""
    chronic_absence: bool | None = None
    """Whether the person was absent on a tenth or more of the days expected (Education Code 60901(c)(1)); null: not told."""
    days_expected_hundredths: int | None = None
    """Days in the period on which the person was expected, in hundredths of a day."""
    days_attended_hundredths: int | None = None
    """Days attended, in hundredths of a day."""
    days_absent_excused_hundredths: int | None = None
    """Days absent with an excuse, suspensions not among them, in hundredths of a day."""
    days_absent_unexcused_hundredths: int | None = None
    """Days absent without an excuse, suspensions not among them, in hundredths of a day."""
    days_suspended_hundredths: int | None = None
    """Days absent by suspension, in hundredths of a day. In one group with the other absences: who has those and the days attended could work it out."""


class Assessment(Frozen):
    """One result of one person in one test or assessment; where a test has several scores, an event each. Where the test itself tells of a disability, as an alternate assessment does, the event names that among the data_categories of its envelope."""

    assessment_title: str
    """Name of the test, as CAASPP Smarter Balanced Summative or ELPAC Summative."""
    academic_subject: str | None = None
    """Subject, CEDS assessment academic subject code: 01166 mathematics, 13373 reading and language arts, 00562 science."""
    grade_assessed: GradeLevel | None = None
    """Grade level for which the person was assessed."""
    administered_on: date | None = None
    """First day on which the test was given to the person."""
    score_value: str | None = None
    """The score as the test states it; score_metric says what it is."""
    score_metric: str | None = None
    """What score_value is, CEDS assessment score metric code: 03479 scale score, 00512 achievement level."""
    performance_level: str | None = None
    """The level reached, by the identifier that the test gives its levels."""
    performance_level_label: str | None = None
    """The level reached, as the test calls it in reports, as Standard Met."""
    result_preliminary: bool | None = None
    """Whether the result may still change; null: not told."""


class InterventionEffectiveness(StrEnum):
    """Symbols of InterventionEffectiveness."""

    POSITIVE_EFFECTS = "positive_effects"
    POTENTIALLY_POSITIVE_EFFECTS = "potentially_positive_effects"
    MIXED_EFFECTS = "mixed_effects"
    NO_DISCERNIBLE_EFFECTS = "no_discernible_effects"
    POTENTIALLY_NEGATIVE_EFFECTS = "potentially_negative_effects"
    NEGATIVE_EFFECTS = "negative_effects"
    OTHER = "other"


class DeliveryMethod(StrEnum):
    """Symbols of DeliveryMethod."""

    INDIVIDUAL = "individual"
    SMALL_GROUP = "small_group"
    WHOLE_CLASS = "whole_class"
    WHOLE_SCHOOL = "whole_school"


class InterventionClass(StrEnum):
    """Symbols of InterventionClass."""

    CURRICULUM = "curriculum"
    PRACTICE = "practice"
    SUPPLEMENT = "supplement"
    OTHER = "other"


class Intervention(Frozen):
    """That a person takes part in an intervention of a school, and what came of it (Ed-Fi Intervention and StudentInterventionAssociation). Where it tells of a disability, the event names that among the data_categories of its envelope."""

    organization_id: str
    """The school or program."""
    organization_id_system: OrganizationIdSystem
    """Which list organization_id is from."""
    intervention_id: str
    """The source's own name or code of the intervention, as Check and Connect."""
    intervention_class: InterventionClass | None = None
    """What kind of intervention; Ed-Fi InterventionClassDescriptor."""
    delivery_method: DeliveryMethod | None = None
    """To whom it is given at once; Ed-Fi DeliveryMethodDescriptor."""
    dosage_minimum_minutes: int | None = None
    """The shortest time that is planned for it, in minutes."""
    dosage_maximum_minutes: int | None = None
    """The longest time that is planned for it, in minutes."""
    begin_date: date | None = None
    """First day on which the person takes part."""
    end_date: date | None = None
    """Last day on which the person takes part."""
    staff_role: str | None = None
    """What the person who gives it is at the school, as reading specialist; no name."""
    effectiveness: InterventionEffectiveness | None = None
    """What came of it; Ed-Fi InterventionEffectivenessRatingDescriptor."""


class ScreeningStatus(StrEnum):
    """Symbols of ScreeningStatus."""

    FURTHER_EVALUATION_NEEDED = "further_evaluation_needed"
    NO_FURTHER_EVALUATION_NEEDED = "no_further_evaluation_needed"
    NO_SCREENING_PERFORMED = "no_screening_performed"
    ASSESSMENT_TOOL_UNAVAILABLE = "assessment_tool_unavailable"
    PERSONNEL_UNAVAILABLE = "personnel_unavailable"


class DrdpSublevel(StrEnum):
    """Symbols of DrdpSublevel."""

    EARLIER = "earlier"
    MIDDLE = "middle"
    LATER = "later"


class DrdpLevel(StrEnum):
    """Symbols of DrdpLevel."""

    RESPONDING = "responding"
    EXPLORING = "exploring"
    BUILDING = "building"
    INTEGRATING = "integrating"


class DailyLength(StrEnum):
    """Symbols of DailyLength."""

    FULL_DAY = "full_day"
    PART_DAY = "part_day"
    NOT_PROVIDED = "not_provided"


class EarlyCareEligibility(StrEnum):
    """Symbols of EarlyCareEligibility."""

    ELIGIBLE = "eligible"
    NOT_ELIGIBLE = "not_eligible"
    NOT_ACTIVE = "not_active"
    PENDING = "pending"


class EarlyCareProgram(StrEnum):
    """Symbols of EarlyCareProgram."""

    CHILD_CARE = "child_care"
    HEAD_START = "head_start"
    EARLY_HEAD_START = "early_head_start"
    MIGRANT_HEAD_START = "migrant_head_start"
    STATE_PRESCHOOL = "state_preschool"
    PUBLIC_PRESCHOOL = "public_preschool"
    PRIVATE_PRESCHOOL = "private_preschool"
    PUBLIC_PREKINDERGARTEN = "public_prekindergarten"
    PRIVATE_PREKINDERGARTEN = "private_prekindergarten"
    FAMILY_CHILD_CARE = "family_child_care"
    HOME_BASED_INFORMAL_CARE = "home_based_informal_care"
    HOME_VISITING = "home_visiting"
    EARLY_INTERVENTION_PART_C = "early_intervention_part_c"
    EARLY_CHILDHOOD_SPECIAL_EDUCATION = "early_childhood_special_education"
    OTHER = "other"
    NONE = "none"


class EarlyCare(Frozen):
    """Early learning and care: a child's place in a program, with what was screened and observed. Where the program itself tells of a disability (early intervention, special education), the event names that among the data_categories of its envelope, and is rejected where it does not."""

    organization_id: str
    """The provider or program site."""
    organization_id_system: OrganizationIdSystem
    """Which list organization_id is from."""
    program_type: EarlyCareProgram
    """Kind of program."""
    eligibility_status: EarlyCareEligibility | None = None
    """Whether the child was found eligible."""
    eligibility_expires_on: date | None = None
    """First day on which the child is no longer eligible."""
    enrollment_date: date | None = None
    """First day of enrollment."""
    service_exit_date: date | None = None
    """Last day of the service."""
    daily_length: DailyLength | None = None
    """How much of the day."""
    assessed_on: date | None = None
    """Day of the observation that drdp_domain and drdp_level are of."""
    drdp_domain: str | None = None
    """Domain of the Desired Results Developmental Profile (2015): ATL-REG, SED, LLD, COG, PD-HLTH."""
    drdp_level: DrdpLevel | None = None
    """Developmental level in that domain, DRDP (2015)."""
    drdp_sublevel: DrdpSublevel | None = None
    """How far into that level."""
    screened_on: date | None = None
    """Day of the developmental screening."""
    screening_status: ScreeningStatus | None = None
    """What the developmental screening came to."""
    subsidy_fund: str | None = None
    """Which public fund pays: CSPP, ALTERNATIVE_PAYMENT, CALWORKS_STAGE_1 to 3, HEAD_START. The list was not read in a standard."""


class AwardLevel(StrEnum):
    """Symbols of AwardLevel."""

    CERTIFICATE_UNDER_ONE_YEAR = "certificate_under_one_year"
    CERTIFICATE_ONE_TO_TWO_YEARS = "certificate_one_to_two_years"
    ASSOCIATE = "associate"
    CERTIFICATE_TWO_TO_FOUR_YEARS = "certificate_two_to_four_years"
    BACHELOR = "bachelor"
    POST_BACCALAUREATE_CERTIFICATE = "post_baccalaureate_certificate"
    MASTER = "master"
    POST_MASTER_CERTIFICATE = "post_master_certificate"
    DOCTOR_RESEARCH = "doctor_research"
    DOCTOR_PROFESSIONAL = "doctor_professional"
    DOCTOR_OTHER = "doctor_other"


class CredentialType(StrEnum):
    """Symbols of CredentialType."""

    ACADEMIC_AWARD = "academic_award"
    HIGH_SCHOOL_DIPLOMA = "high_school_diploma"
    HIGH_SCHOOL_DIPLOMA_DISTINCTION = "high_school_diploma_distinction"
    CERTIFICATION = "certification"
    LICENSURE = "licensure"
    LICENSURE_DISTINCTION = "licensure_distinction"
    REGISTRATION = "registration"
    ENDORSEMENT = "endorsement"
    OTHER = "other"


class Credential(Frozen):
    """An academic award, diploma, license or certificate of a person."""

    organization_id: str
    """The school, college or agency that gives it."""
    organization_id_system: OrganizationIdSystem
    """Which list organization_id is from."""
    credential_type: CredentialType
    """What it is: an academic award of a college, or CEDS 000071."""
    award_level: AwardLevel | None = None
    """Level of an academic award; CEDS 01 to 08, 17, 18, 19, in this order."""
    award_title: str | None = None
    """Name of the award or credential, at most 80 characters."""
    award_date: date | None = None
    """Day on which it was conferred."""
    cip_code: str | None = None
    """Program of study, CIP as NN.NNNN."""
    ccc_award_type: str | None = None
    """Award by CCC MIS element SP02, of which four codes were read: A and S associate in arts and in science, Y and Z bachelor of arts and of science."""
    associate_degree_for_transfer: bool | None = None
    """Whether the college curriculum inventory (COCI) has it as an associate degree for transfer; null: not told."""
    issued_on: date | None = None
    """Day from which a license or certificate holds."""
    expires_on: date | None = None
    """Last day on which a license or certificate holds."""
    revoked: bool | None = None
    """Whether it was revoked; null: not told."""


class TranscriptStatus(StrEnum):
    """Symbols of TranscriptStatus."""

    REQUESTED = "requested"
    SENT = "sent"
    RECEIVED = "received"
    ACKNOWLEDGED = "acknowledged"


class TransferReady(StrEnum):
    """Symbols of TransferReady."""

    INSTITUTION_DEFINED = "institution_defined"
    STATE_DEFINED = "state_defined"


class Transfer(Frozen):
    """Going on from one school or college to another: readiness, the transcript's way, and the units that counted (PESC Transcript and Acknowledgment)."""

    from_organization_id: str
    """The school or college that the person comes from."""
    from_organization_id_system: OrganizationIdSystem
    """Which list from_organization_id is from."""
    to_organization_id: str | None = None
    """The school or college that the person goes to."""
    to_organization_id_system: OrganizationIdSystem | None = None
    """Which list to_organization_id is from."""
    transfer_ready: TransferReady | None = None
    """By whose definition the person has done what a transfer needs."""
    transfer_term: str | None = None
    """Term in which the person goes on, CCC MIS GI03."""
    transcript_status: TranscriptStatus | None = None
    """How far the transcript has come."""
    transcript_status_date: date | None = None
    """Day of that status."""
    units_transferable_hundredths: int | None = None
    """Units that may be transferred, in hundredths of a unit."""
    units_accepted_hundredths: int | None = None
    """Units that the new college counts, in hundredths of a unit."""
    unit_type: UnitType | None = None
    """What a unit is; CEDS 00586 semester, 00588 quarter."""


class IdentityRecorded(Event):
    """Envelope and body of Identity."""

    envelope: Envelope
    body: Identity


class ConsentRecorded(Event):
    """Envelope and body of Consent."""

    envelope: Envelope
    body: Consent


class EnrollmentRecorded(Event):
    """Envelope and body of Enrollment."""

    envelope: Envelope
    body: Enrollment


class AidRecorded(Event):
    """Envelope and body of Aid."""

    envelope: Envelope
    body: Aid


class EmploymentRecorded(Event):
    """Envelope and body of Employment."""

    envelope: Envelope
    body: Employment


class ContactRecorded(Event):
    """Envelope and body of Contact."""

    envelope: Envelope
    body: Contact


class CaseloadRecorded(Event):
    """Envelope and body of Caseload."""

    envelope: Envelope
    body: Caseload


class SocialServiceRecorded(Event):
    """Envelope and body of SocialService."""

    envelope: Envelope
    body: SocialService


class AttendanceRecorded(Event):
    """Envelope and body of Attendance."""

    envelope: Envelope
    body: Attendance


class AssessmentRecorded(Event):
    """Envelope and body of Assessment."""

    envelope: Envelope
    body: Assessment


class InterventionRecorded(Event):
    """Envelope and body of Intervention."""

    envelope: Envelope
    body: Intervention


class EarlyCareRecorded(Event):
    """Envelope and body of EarlyCare."""

    envelope: Envelope
    body: EarlyCare


class CredentialRecorded(Event):
    """Envelope and body of Credential."""

    envelope: Envelope
    body: Credential


class TransferRecorded(Event):
    """Envelope and body of Transfer."""

    envelope: Envelope
    body: Transfer


EVENTS: dict[str, type[Event]] = {
    "identity": IdentityRecorded,
    "consent": ConsentRecorded,
    "enrollment": EnrollmentRecorded,
    "aid": AidRecorded,
    "employment": EmploymentRecorded,
    "contact": ContactRecorded,
    "caseload": CaseloadRecorded,
    "social_service": SocialServiceRecorded,
    "attendance": AttendanceRecorded,
    "assessment": AssessmentRecorded,
    "intervention": InterventionRecorded,
    "early_care": EarlyCareRecorded,
    "credential": CredentialRecorded,
    "transfer": TransferRecorded,
}
