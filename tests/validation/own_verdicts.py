"""Cases of the red team that no table of cases has, on both sides of each rule; arithmetic as in `own_arithmetic`."""

from __future__ import annotations

from tests.validation.own_arithmetic import OXIDES, Cases, F, Members, carbon_due, mass, part, power_due, text, weight


def custody(cases: Cases) -> None:
    for draws in (["620", "410"], ["1000", "0.000001"], ["1"] * 1001, ["600", "400"], ["1000"], [], ["1"] * 1000):
        used = sum(map(F, draws), F())
        given = {
            "upstream": {"id": "OX-1", "kg": "1000"},
            "consumptions": [{"batch": str(index), "oxide_kg": draw} for index, draw in enumerate(draws)],
        }
        if used > 1000:
            cases.judge(given, "reject", "X-DOUBLE", "chain of custody", excess_kg=used - 1000)
        else:
            cases.judge(given, "accept", "X-DOUBLE", "chain of custody", left_kg=1000 - used)
    mixed = [{"model": "segregated"}, {"model": "mass balance"}, {"model": "identity preserved"}]
    cases.add("chain of custody", {"inputs": mixed}, {"model": "mass-balance"})
    cases.add(
        "chain of custody", {"inputs": [*mixed, {"model": "book and claim"}]}, {"verdict": "reject"}, "must_reject"
    )


def cells(cases: Cases) -> None:
    for element, oxide in OXIDES.items():
        for times, verdict in [("0.99", "reject"), ("1.01", "flag")]:
            kwh = text(power_due(element) * F(times), 6)
            cases.judge(
                {"metal": element, "kWh_per_kg": kwh, "decomposition_V": "1.65"},
                verdict,
                "E-ELY",
                floor_kWh_per_kg=power_due(element),
            )
        for times, verdict in [("1.02", "reject"), ("0.97", "accept")]:
            made = text(1000 * part(oxide, element) * F(times), 6)
            given = {"oxide": oxide, "oxide_kg": "1000", "metal": element, "metal_kg": made}
            cases.judge(given, verdict, "M-ELEM", max_metal_kg=1000 * part(oxide, element))
        for times, verdict in [("0.99", "reject"), ("1.01", "accept")]:
            due = carbon_due(element) * mass("CO2") / weight("C")
            given = {"metal": element, "metal_kg": "1000", "CO2_kg": text(1000 * due * F(times), 6)}
            cases.judge(given, verdict, "C-ELY", floor_CO2_kg=1000 * due)
    for kwh, verdict in [("5", "accept"), ("14", "accept"), ("4.99", "flag"), ("14.01", "flag"), ("0", "reject")]:
        cases.judge({"metal": "Nd", "kWh_per_kg": kwh}, verdict, "E-ELY")
    monitors: list[tuple[Members, str]] = [
        ({}, "reject"),
        ({"monitoring": "none"}, "reject"),
        ({"continuous_monitoring": True}, "accept"),
    ]
    for monitor, verdict in monitors:
        cases.judge(
            {"metal": "Nd", "metal_kg": "1000", "CF4_kg": "0", **monitor},
            verdict,
            "F-PFC: zero needs continuous monitoring",
        )
    for grid in ("0.5306", "0"):
        for product, parts in [
            ("Dy-Fe (80% Dy)", {"Dy": "0.8"}),
            ("LaCe metal (65% Ce, 35% La)", {"Ce": "0.65", "La": "0.35"}),
            ("Nd metal", {"Nd": "1"}),
        ]:
            anode = sum(
                (F(share) * carbon_due(element) * mass("CO2") / weight("C") for element, share in parts.items()), F()
            )
            floor = anode + F(grid) * sum((F(share) * power_due(element) for element, share in parts.items()), F())
            typical = anode + F(grid) * 5 * sum(map(F, parts.values()), F())
            for claimed in ("0.15", "1.06191", "3"):
                verdict = "reject" if F(claimed) < floor else "flag" if F(claimed) < typical else "accept"
                cases.judge(
                    {"product": product, "claimed_kgCO2e_per_kg": claimed, "grid": grid},
                    verdict,
                    "G-FLOOR",
                    floor_kgCO2e_per_kg=floor,
                )


def plants(cases: Cases) -> None:
    for kg, value in [("62.4", "48"), ("62.5", "48"), ("1250", "48"), ("1250.1", "48")]:
        each = F(kg) * F(value) / 1000
        given = {"process": "calcination", "product_kg": "1000", "fuel": {"natural_gas_kg": kg}, "NCV_MJ_per_kg": value}
        cases.judge(given, "accept" if 3 <= each <= 60 else "reject", "E-CALC", MJ_per_kg_oxide=each)
    for oxide, reagent, formula, moles, rule in [
        ("Nd2O3", "NH4HCO3", "NH4HCO3", 6, "P-PRECIP"), ("Y2O3", "oxalic_acid_dihydrate", "H2C2O4\u00b72H2O", 3, "P-PRECIP"),
        ("Pr6O11", "oxalic_acid", "H2C2O4", 9, "P-PRECIP"), ("Gd2O3", "NaOH", "NaOH", 6, "P-PRECIP"), ("CeO2", "HCl", "HCl", 3, "P-ACID"),
    ]:  # fmt: skip
        due = 1000 * moles * mass(formula) / mass(oxide)
        for times, verdict in [("0.99", "reject"), ("1.01", "accept")]:
            given = {"oxide": oxide, "oxide_kg": "1000", f"{reagent}_kg": text(due * F(times), 7)}
            cases.judge(given, verdict, rule, **{f"min_{reagent}_kg": due})
    for scrap, held, primary, verdict in [
        ("60", "0.28", "0", "reject"),
        ("60", "0.28", "13.2", "accept"),
        ("110", "0.28", "0", "accept"),
    ]:
        given = {"product_kg": "100", "Dy_wt": "0.30", "scrap_kg": scrap, "scrap_Dy_wt": held, "primary_Dy_kg": primary}
        cases.judge(given, verdict, "M-ELEM", Dy_required_kg=F(30), Dy_available_kg=F(scrap) * F(held) + F(primary))
    for parts, verdict, rule in [
        ({"Nd": "0.30", "Fe": "0.60", "B": "0.01"}, "reject", "M-SUM"), ({"Nd": "0.305", "Fe": "0.685", "B": "0.01"}, "accept", "M-TRE"),
        ({"Nd": "0.24", "Fe": "0.75", "B": "0.01"}, "flag", "M-TRE"), ({"Nd": "0.30", "Fe": "0.68", "B": "0.02"}, "flag", "M-TRE"),
    ]:  # fmt: skip
        cases.judge({"product": "sintered NdFeB magnet", "composition": parts}, verdict, rule)
    for lanthanum, verdict in [("0.3213", "accept"), ("0.40", "flag"), ("0.29", "flag")]:
        cases.judge(
            {"product": "AB5 alloy", "composition": {"La": lanthanum, "Ni": text(1 - F(lanthanum))}}, verdict, "M-AB5"
        )
    for claimed, verdict in [("2.7", "accept"), ("2.8", "reject")]:
        cases.judge(
            {"carbon_fraction": "0.75", "kgCO2_per_kg": claimed},
            verdict,
            "C-BAL",
            max_kgCO2_per_kg=F("0.75") * mass("CO2") / weight("C"),
        )


def ledgers(cases: Cases) -> None:
    for amount, verdict in [
        ("5 ton", "reject"),
        ("5 kgce", "reject"),
        ("5 Nm3", "reject"),
        ("-5 kg", "reject"),
        ("5", "reject"),
        ("5 t", "accept"),
    ]:
        cases.judge({"amount": amount}, verdict, "X-UNIT")
    for shares, verdict in [
        (["0.5", "0.5"], "accept"),
        (["0.5", "0.6"], "reject"),
        (["0.333333", "0.333333", "0.333333"], "reject"),
    ]:
        cases.judge(
            {"total_kgCO2e": "1000", "shares": dict(zip("abc", shares, strict=False))},
            verdict,
            "A-SUM",
            sum=sum(map(F, shares), F()),
        )
    prices = {"Nd2O3": "56", "Pr6O11": "58"}
    cases.judge({"price_per_kg": prices, "kgCO2e_per_kg": {"Nd2O3": "8.93", "Pr6O11": "1.59"}}, "flag", "A-SIB")
    cases.judge({"price_per_kg": prices, "kgCO2e_per_kg": {"Nd2O3": "8.93", "Pr6O11": "9"}}, "accept", "A-SIB")
    cases.judge({"upstream": {"id": "A", "gwp": "AR5"}, "gwp": "AR6"}, "reject", "X-GWP")
    cases.judge({"upstream": {"id": "A", "gwp": "AR6"}, "gwp": "AR6"}, "accept", "X-GWP")
    for day, verdict in [("2026-04-01", "reject"), ("2026-03-31", "accept")]:
        cases.judge(
            {"upstream": {"produced": day}, "period_start": "2026-03-01", "period_end": "2026-03-31"}, verdict, "X-TIME"
        )
    cases.judge({"fuel": "diesel", "CO2_biogenic_kg": "100"}, "reject", "B-TAG")
    cases.judge({"fuel": "wood pellets", "CO2_biogenic_kg": "100"}, "accept", "B-TAG")
    cases.judge({"product": "magnet", "CO2_uptake_kg": "100"}, "reject", "B-UPTAKE")
    for dry, verdict in [("760", "reject"), ("752", "accept")]:
        cases.judge({"shipped_kg": "1000", "moisture": "0.25", "dry_kg": dry}, verdict, "D-DRY")
    power = {
        "kWh": "1000",
        "location_factor": "0.6",
        "residual_factor": "0.7",
        "contract_factor": "0",
        "green_share": "0.5",
    }
    bought: list[tuple[Members, str, str]] = [
        ({"claimed_factor": "0.6"}, "reject", "E-SET"), ({"green_share": "1.2"}, "reject", "E-SET"), ({"year": "2024", "contract_year": "2022"}, "reject", "E-SET"),
        ({"year": "2024", "contract_year": "2024"}, "accept", "E-SET"), ({"grid": "A", "contract_grid": "B"}, "reject", "E-SET"),
        ({"contract_factor_set": "life-cycle"}, "reject", "E-SET"), ({"statements": ["A", "A"]}, "reject", "X-DOUBLE"),
        ({"statements": ["A", "B"]}, "accept", "X-DOUBLE"), ({"year": "2026", "location_factor_year": "2020"}, "reject", "X-TIME"),
    ]  # fmt: skip
    for more, verdict, rule in bought:
        cases.judge({**power, **more}, verdict, rule, "electricity")


VERDICTS = (custody, cells, plants, ledgers)
