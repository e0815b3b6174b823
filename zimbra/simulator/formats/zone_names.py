"""Other names of time zones: Zimbra's own of old, Windows', and the links of the zone database."""

from __future__ import annotations

from functools import lru_cache
from zoneinfo import available_timezones

# What Zimbra called its zones before it took the names of the zone database; its clients and tests still send them.
LEGACY = {
    "(GMT-12.00) International Date Line West": "Etc/GMT+12",
    "(GMT-11.00) Midway Island / Samoa": "Pacific/Midway",
    "(GMT-10.00) Hawaii": "Pacific/Honolulu",
    "(GMT-09.00) Alaska": "America/Anchorage",
    "(GMT-08.00) Pacific Time (US & Canada) / Tijuana": "America/Los_Angeles",
    "(GMT-07.00) Arizona": "America/Phoenix",
    "(GMT-07.00) Chihuahua / La Paz / Mazatlan": "America/Chihuahua",
    "(GMT-07.00) Mountain Time (US & Canada)": "America/Denver",
    "(GMT-06.00) Central America": "America/Guatemala",
    "(GMT-06.00) Central Time (US & Canada)": "America/Chicago",
    "(GMT-06.00) Guadalajara / Mexico City / Monterrey": "America/Mexico_City",
    "(GMT-06.00) Saskatchewan": "America/Regina",
    "(GMT-05.00) Bogota / Lima / Quito": "America/Bogota",
    "(GMT-05.00) Eastern Time (US & Canada)": "America/New_York",
    "(GMT-05.00) Indiana (East)": "America/Indiana/Indianapolis",
    "(GMT-04.00) Atlantic Time (Canada)": "America/Halifax",
    "(GMT-04.00) Caracas / La Paz": "America/Caracas",
    "(GMT-04.00) Santiago": "America/Santiago",
    "(GMT-03.30) Newfoundland": "America/St_Johns",
    "(GMT-03.00) Brasilia": "America/Sao_Paulo",
    "(GMT-03.00) Buenos Aires / Georgetown": "America/Argentina/Buenos_Aires",
    "(GMT-03.00) Greenland": "America/Godthab",
    "(GMT-02.00) Mid-Atlantic": "Atlantic/South_Georgia",
    "(GMT-01.00) Azores": "Atlantic/Azores",
    "(GMT-01.00) Cape Verde Is.": "Atlantic/Cape_Verde",
    "(GMT) Casablanca / Monrovia": "Africa/Casablanca",
    "(GMT) Greenwich Mean Time - Dublin / Edinburgh / Lisbon / London": "Europe/London",
    "(GMT+01.00) Amsterdam / Berlin / Bern / Rome / Stockholm / Vienna": "Europe/Berlin",
    "(GMT+01.00) Belgrade / Bratislava / Budapest / Ljubljana / Prague": "Europe/Belgrade",
    "(GMT+01.00) Brussels / Copenhagen / Madrid / Paris": "Europe/Brussels",
    "(GMT+01.00) Sarajevo / Skopje / Warsaw / Zagreb": "Europe/Warsaw",
    "(GMT+01.00) West Central Africa": "Africa/Algiers",
    "(GMT+02.00) Athens / Beirut / Istanbul / Minsk": "Europe/Athens",
    "(GMT+02.00) Bucharest": "Europe/Bucharest",
    "(GMT+02.00) Cairo": "Africa/Cairo",
    "(GMT+02.00) Harare / Pretoria": "Africa/Harare",
    "(GMT+02.00) Helsinki / Kyiv / Riga / Sofia / Tallinn / Vilnius": "Europe/Helsinki",
    "(GMT+02.00) Jerusalem": "Asia/Jerusalem",
    "(GMT+03.00) Baghdad": "Asia/Baghdad",
    "(GMT+03.00) Kuwait / Riyadh": "Asia/Kuwait",
    "(GMT+03.00) Moscow / St. Petersburg / Volgograd": "Europe/Moscow",
    "(GMT+03.00) Nairobi": "Africa/Nairobi",
    "(GMT+03.30) Tehran": "Asia/Tehran",
    "(GMT+04.00) Abu Dhabi / Muscat": "Asia/Muscat",
    "(GMT+04.00) Baku / Tbilisi / Yerevan": "Asia/Baku",
    "(GMT+04.30) Kabul": "Asia/Kabul",
    "(GMT+05.00) Ekaterinburg": "Asia/Yekaterinburg",
    "(GMT+05.00) Islamabad / Karachi / Tashkent": "Asia/Karachi",
    "(GMT+05.30) Chennai / Kolkata / Mumbai / New Delhi": "Asia/Kolkata",
    "(GMT+05.45) Kathmandu": "Asia/Katmandu",
    "(GMT+06.00) Almaty / Novosibirsk": "Asia/Novosibirsk",
    "(GMT+06.00) Astana / Dhaka": "Asia/Dhaka",
    "(GMT+06.00) Sri Jayawardenepura": "Asia/Colombo",
    "(GMT+06.30) Rangoon": "Asia/Rangoon",
    "(GMT+07.00) Bangkok / Hanoi / Jakarta": "Asia/Bangkok",
    "(GMT+07.00) Krasnoyarsk": "Asia/Krasnoyarsk",
    "(GMT+08.00) Beijing / Chongqing / Hong Kong / Urumqi": "Asia/Hong_Kong",
    "(GMT+08.00) Irkutsk / Ulaan Bataar": "Asia/Irkutsk",
    "(GMT+08.00) Kuala Lumpur / Singapore": "Asia/Kuala_Lumpur",
    "(GMT+08.00) Perth": "Australia/Perth",
    "(GMT+08.00) Taipei": "Asia/Taipei",
    "(GMT+09.00) Osaka / Sapporo / Tokyo": "Asia/Tokyo",
    "(GMT+09.00) Seoul": "Asia/Seoul",
    "(GMT+09.00) Yakutsk": "Asia/Yakutsk",
    "(GMT+09.30) Adelaide": "Australia/Adelaide",
    "(GMT+09.30) Darwin": "Australia/Darwin",
    "(GMT+10.00) Brisbane": "Australia/Brisbane",
    "(GMT+10.00) Canberra / Melbourne / Sydney": "Australia/Sydney",
    "(GMT+10.00) Guam / Port Moresby": "Pacific/Guam",
    "(GMT+10.00) Hobart": "Australia/Hobart",
    "(GMT+10.00) Vladivostok": "Asia/Vladivostok",
    "(GMT+11.00) Magadan / Solomon Is. / New Calenodia": "Asia/Magadan",
    "(GMT+12.00) Auckland / Wellington": "Pacific/Auckland",
    "(GMT+12.00) Fiji / Kamchatka / Marshall Is.": "Pacific/Fiji",
    "(GMT+13.00) Nuku'alofa": "Pacific/Tongatapu",
}
WINDOWS = {
    "Romance Standard Time": "Europe/Paris",
    "W. Europe Standard Time": "Europe/Berlin",
    "Central Europe Standard Time": "Europe/Budapest",
    "Central European Standard Time": "Europe/Warsaw",
    "E. Europe Standard Time": "Europe/Chisinau",
    "FLE Standard Time": "Europe/Helsinki",
    "GTB Standard Time": "Europe/Athens",
    "Russian Standard Time": "Europe/Moscow",
    "GMT Standard Time": "Europe/London",
    "Greenwich Standard Time": "Africa/Monrovia",
    "Morocco Standard Time": "Africa/Casablanca",
    "W. Central Africa Standard Time": "Africa/Algiers",
    "South Africa Standard Time": "Africa/Harare",
    "E. Africa Standard Time": "Africa/Nairobi",
    "Mauritius Standard Time": "Indian/Mauritius",
    "Arabian Standard Time": "Asia/Muscat",
    "India Standard Time": "Asia/Kolkata",
    "China Standard Time": "Asia/Hong_Kong",
    "Tokyo Standard Time": "Asia/Tokyo",
    "SA Eastern Standard Time": "America/Cayenne",
    "SA Western Standard Time": "America/Guyana",
    "Central Pacific Standard Time": "Pacific/Guadalcanal",
    "Hawaiian Standard Time": "Pacific/Honolulu",
    "Newfoundland Standard Time": "America/St_Johns",
    "Atlantic Standard Time": "America/Halifax",
    "Eastern Standard Time": "America/New_York",
    "Central Standard Time": "America/Chicago",
    "Mountain Standard Time": "America/Denver",
    "Pacific Standard Time": "America/Los_Angeles",
}
_LINKS = {
    "US/Alaska": "America/Anchorage",
    "US/Arizona": "America/Phoenix",
    "US/Central": "America/Chicago",
    "US/East-Indiana": "America/Indiana/Indianapolis",
    "US/Eastern": "America/New_York",
    "US/Hawaii": "Pacific/Honolulu",
    "US/Mountain": "America/Denver",
    "US/Pacific": "America/Los_Angeles",
    "GMT": "UTC",
    "Etc/UTC": "UTC",
    "Etc/GMT": "UTC",
}
# A zone of a client's own that never changes its clocks becomes the first of the server's zones that is the same.
# Minutes east of Greenwich. Source: Zimbra's tests of custom zones.
FIXED = {60: "Africa/Algiers", 120: "Africa/Harare", 180: "Africa/Nairobi", 240: "Asia/Dubai", 330: "Asia/Kolkata"}


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    return frozenset(available_timezones())


@lru_cache(maxsize=1024)
def well_known(tzid: str) -> str | None:
    """The IANA name of a zone the server knows without its definition; None for others."""
    tzid = tzid.strip().strip('"')
    name = LEGACY.get(tzid) or WINDOWS.get(tzid) or _LINKS.get(tzid, tzid)
    if name in _known():
        return name
    # "/mozilla.org/20070129_1/Europe/Paris"
    for parts in (3, 2):
        end = "/".join(tzid.split("/")[-parts:])
        if tzid.startswith("/") and end in _known():
            return end
    return None
