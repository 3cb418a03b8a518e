"""Conversions between units of measure (learn.microsoft.com/kusto/query, convert_length() and its kin)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from gatelog.kql.catalog.rows import Emit, Fragment, Function
from gatelog.kql.catalog.shorthand import REAL, scalar, shows

LENGTHS = {
    "Angstrom": 1e-10,
    "AstronomicalUnit": 1.49597870700e11,
    "Centimeter": 1e-2,
    "Chain": 20.1168,
    "Decameter": 10.0,
    "Decimeter": 0.1,
    "Fathom": 1.8288,
    "Foot": 0.3048,
    "Hand": 0.1016,
    "Hectometer": 100.0,
    "Inch": 0.0254,
    "Kilometer": 1000.0,
    "Meter": 1.0,
    "Microinch": 2.54e-8,
    "Micrometer": 1e-6,
    "Mil": 2.54e-5,
    "Mile": 1609.344,
    "Millimeter": 1e-3,
    "Nanometer": 1e-9,
    "NauticalMile": 1852.0,
    "Yard": 0.9144,
}
"""Unit -> meters."""
MASSES = {
    "Centigram": 1e-5,
    "Decagram": 1e-2,
    "Decigram": 1e-4,
    "Grain": 6.479891e-5,
    "Gram": 1e-3,
    "Hectogram": 0.1,
    "Kilogram": 1.0,
    "Kilopound": 453.59237,
    "Kilotonne": 1e6,
    "LongTon": 1016.0469088,
    "Megapound": 453592.37,
    "Megatonne": 1e9,
    "Microgram": 1e-9,
    "Milligram": 1e-6,
    "Nanogram": 1e-12,
    "Ounce": 0.028349523125,
    "Pound": 0.45359237,
    "ShortTon": 907.18474,
    "Stone": 6.35029318,
    "Tonne": 1000.0,
}
"""Unit -> kilograms."""
SPEEDS = {
    "CentimeterPerSecond": 1e-2,
    "DecimeterPerSecond": 0.1,
    "FootPerHour": 0.3048 / 3600,
    "FootPerMinute": 0.3048 / 60,
    "FootPerSecond": 0.3048,
    "InchPerSecond": 0.0254,
    "KilometerPerHour": 1000 / 3600,
    "KilometerPerMinute": 1000 / 60,
    "KilometerPerSecond": 1000.0,
    "Knot": 1852 / 3600,
    "MeterPerHour": 1 / 3600,
    "MeterPerMinute": 1 / 60,
    "MeterPerSecond": 1.0,
    "MilePerHour": 0.44704,
    "MillimeterPerSecond": 1e-3,
    "YardPerSecond": 0.9144,
}
"""Unit -> meters per second."""
FORCES = {
    "Decanewton": 10.0,
    "Dyn": 1e-5,
    "KilogramForce": 9.80665,
    "Kilonewton": 1000.0,
    "Meganewton": 1e6,
    "Micronewton": 1e-6,
    "Millinewton": 1e-3,
    "Newton": 1.0,
}
"""Unit -> newtons."""
ENERGIES = {
    "BritishThermalUnit": 1055.05585262,
    "KilobritishThermalUnit": 1055055.85262,
    "MegabritishThermalUnit": 1055055852.62,
    "GigabritishThermalUnit": 1055055852620.0,
    "WattDay": 86400.0,
    "KilowattDay": 8.64e7,
    "MegawattDay": 8.64e10,
    "GigawattDay": 8.64e13,
    "TerawattDay": 8.64e16,
    "Calorie": 4.184,
    "Kilocalorie": 4184.0,
    "Megacalorie": 4.184e6,
    "Erg": 1e-7,
    "Joule": 1.0,
    "Kilojoule": 1e3,
    "Megajoule": 1e6,
    "Gigajoule": 1e9,
    "Millijoule": 1e-3,
    "WattHour": 3600.0,
    "KilowattHour": 3.6e6,
    "MegawattHour": 3.6e9,
    "GigawattHour": 3.6e12,
    "TerawattHour": 3.6e15,
}
"""Unit -> joules."""
VOLUMES = {
    "Centiliter": 1e-5,
    "CubicCentimeter": 1e-6,
    "CubicDecimeter": 1e-3,
    "CubicFoot": 0.028316846592,
    "CubicInch": 1.6387064e-5,
    "CubicKilometer": 1e9,
    "CubicMeter": 1.0,
    "CubicMillimeter": 1e-9,
    "CubicYard": 0.764554857984,
    "Decaliter": 1e-2,
    "Deciliter": 1e-4,
    "Hectoliter": 0.1,
    "Kiloliter": 1.0,
    "Liter": 1e-3,
    "Megaliter": 1e3,
    "Microliter": 1e-9,
    "Milliliter": 1e-6,
    "UsGallon": 0.003785411784,
    "ImperialGallon": 0.00454609,
}
"""Unit -> cubic meters."""
ANGLES = {
    "Degree": 1.0,
    "Radian": 57.29577951308232,
    "Arcminute": 1 / 60,
    "Arcsecond": 1 / 3600,
    "Gradian": 0.9,
    "Revolution": 360.0,
    "Tilt": 0.0572957795130823,
}
"""Unit -> degrees."""
_TEMPERATURES = {
    "Kelvin": (1.0, 0.0),
    "DegreeCelsius": (1.0, 273.15),
    "DegreeFahrenheit": (5 / 9, 459.67 * 5 / 9),
    "DegreeRankine": (5 / 9, 0.0),
}
"""Unit -> (factor, offset): kelvin = value * factor + offset."""


def _by_factor(name: str, factors: Mapping[str, float]) -> Callable[..., str]:
    def render(emit: Emit, value: Fragment, source: Fragment, target: Fragment) -> str:
        for unit in (source, target):
            if unit.value not in factors:
                raise emit.refuse(f"{name}() does not support the unit {unit.value!r}")
        return f"({value.text} * {factors[source.value]!r} / {factors[target.value]!r})"

    return render


def _temperature(emit: Emit, value: Fragment, source: Fragment, target: Fragment) -> str:
    for unit in (source, target):
        if unit.value not in _TEMPERATURES:
            raise emit.refuse(f"convert_temperature() does not support the unit {unit.value!r}")
    (factor, offset), (divisor, base) = _TEMPERATURES[source.value], _TEMPERATURES[target.value]
    return f"(({value.text} * {factor!r} + {offset!r} - {base!r}) / {divisor!r})"


def _conversion(name: str, factors: Mapping[str, float], source: str, target: str, expected: float) -> Function:
    render = _by_factor(name, factors)
    return scalar(
        name,
        "value:real from:!string to:!string",
        REAL,
        "A measure in another unit.",
        render,
        render,
        examples=(shows(f"round({name}(1.2, '{source}', '{target}'), 6)", expected),),
    )


FUNCTIONS: tuple[Function, ...] = (
    _conversion("convert_length", LENGTHS, "Foot", "Meter", 0.36576),
    _conversion("convert_mass", MASSES, "Pound", "Kilogram", 0.544311),
    _conversion("convert_speed", SPEEDS, "MeterPerSecond", "CentimeterPerSecond", 120.0),
    _conversion("convert_force", FORCES, "Newton", "Decanewton", 0.12),
    _conversion("convert_energy", ENERGIES, "Joule", "Kilojoule", 0.0012),
    _conversion("convert_volume", VOLUMES, "CubicMeter", "Liter", 1200.0),
    _conversion("convert_angle", ANGLES, "Degree", "Arcminute", 72.0),
    scalar(
        "convert_temperature",
        "value:real from:!string to:!string",
        REAL,
        "A temperature in another unit.",
        _temperature,
        _temperature,
        examples=(shows("round(convert_temperature(1.2, 'Kelvin', 'DegreeCelsius'), 6)", -271.95),),
    ),
)
