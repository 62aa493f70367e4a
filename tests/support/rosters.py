"""Small OneRoster sets, made up: a school of two students and a teacher, as 1.1 and as 1.2."""

import zipfile
from collections.abc import Mapping
from pathlib import Path

Files = dict[str, str]
"""Text by the name of a file without its ending."""

ORGS = "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId\nsch-1,,,Adams High,school,,lea-1\n"
SESSIONS = "sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,schoolYear\n"
YEAR = "year,,,2026,schoolYear,2025-08-11,2026-06-10,,2026\n"
ABOUT = "sourcedId,status,dateLastModified,birthDate,sex,cityOfBirth,stateOfBirthAbbreviation,countryOfBirthCode\n"
ONE_1 = {
    "orgs": ORGS + "lea-1,,,Adams,district,,\n",
    "academicSessions": SESSIONS + YEAR,
    "users": (
        "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,givenName,familyName,"
        "middleName,identifier,email,sms,phone,agentSourcedIds,grades,password\n"
        's-1,,,true,sch-1,student,ana,"{SSID:1234567890},{LMS:77}",Ana,"Ruiz, Vega",,,ana@example.org,,,,10,\n'
        "s-2,,,true,sch-1,student,ben,,Ben,Okafor,,,,,,,11,\n"
        "t-1,,,true,sch-1,teacher,tea,,Tea,Cher,,,,,,,,\n"
    ),
    "demographics": ABOUT + "s-1,,,2010-05-06,female,Fresno,CA,US\ns-2,,,2009-01-02,male,,,\nt-1,,,1980-01-01,,,,\n",
    "courses": "sourcedId,status,dateLastModified,schoolYearSourcedId,title\nc-1,,,year,Algebra\n",
    "classes": "sourcedId,status,dateLastModified,title,courseSourcedId,schoolSourcedId\nk-1,,,A,c-1,sch-1\n",
    "enrollments": (
        "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate\n"
        "e-1,,,k-1,sch-1,s-1,student,,2025-08-18,2025-12-19\n"
        "e-2,,,k-2,sch-1,s-1,student,,2025-08-11,2026-06-10\n"
        "e-3,,,k-1,sch-1,s-2,student,,,\n"
        "e-4,,,k-1,sch-1,t-1,teacher,true,2025-08-11,\n"
    ),
}
ONE_2 = {
    **{name: ONE_1[name] for name in ("orgs", "academicSessions", "demographics", "courses", "classes", "enrollments")},
    "users": (
        "sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName,middleName,identifier,"
        "email,sms,phone,agentSourcedIds,grades,password,userMasterIdentifier,preferredGivenName,preferredMiddleName,"
        "preferredFamilyName,primaryOrgSourcedId,pronouns\n"
        's-1,,,true,ana,"{SSID:1234567890}",Ana,"Ruiz, Vega",,,ana@example.org,,,,10,,,Anita,,,sch-1,\n'
        "s-2,,,true,ben,,Ben,Okafor,,,,,,,11,,,,,,sch-1,\n"
        "t-1,,,true,tea,,Tea,Cher,,,,,,,,,,,,,sch-1,\n"
    ),
    "roles": (
        "sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId,"
        "userProfileSourcedId\n"
        "r-1,,,s-1,primary,student,2025-08-11,,sch-1,\n"
        "r-2,,,s-2,primary,student,2024-08-12,2025-06-10,sch-1,\n"
        "r-3,,,t-1,primary,teacher,,,sch-1,\n"
    ),
}


def manifest(files: Mapping[str, str], version: str, mode: str = "bulk", **modes: str) -> str:
    """Of these files; words replace or add what it says of one."""
    said = dict.fromkeys(files, mode) | modes
    head = f"propertyName,value\nmanifest.version,1.0\noneroster.version,{version}\nfile.results,absent\n"
    return head + "".join(f"file.{name},{text}\n" for name, text in said.items())


def folder_of(place: Path, files: Mapping[str, str], version: str = "1.2", mode: str = "bulk", **modes: str) -> Path:
    """A folder with a set in it."""
    place.mkdir(parents=True, exist_ok=True)
    for name, text in {**files, "manifest": manifest(files, version, mode, **modes)}.items():
        (place / f"{name}.csv").write_text(text, encoding="utf-8")
    return place


def zip_of(place: Path, files: Mapping[str, str], version: str = "1.2", mode: str = "bulk", **modes: str) -> Path:
    """The same as an archive."""
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in {**files, "manifest": manifest(files, version, mode, **modes)}.items():
            archive.writestr(f"{name}.csv", text)
    return place
