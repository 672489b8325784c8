"""Who says it, and how surely: own sentences from many wars, each with its trigger in square brackets."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from geomap import claims, nlp, times
from geomap.model import Claim, Document, Movement


def movements_of(marked: str, **fields: object) -> tuple[Document, list[Movement]]:
    """Build a document and its movements from a text whose triggers stand in square brackets."""
    text = ""
    spans: list[tuple[int, int]] = []
    for n, piece in enumerate(marked.replace("]", "[").split("[")):
        if n % 2:
            spans.append((len(text), len(text) + len(piece)))
        text += piece
    document = Document(id="own", text=text, published=date(1995, 8, 9))
    movement = Movement(kind="movement", direction="withdrawal", trigger=(0, 0), evidence=(0, len(text)), rule="test")
    return document, [replace(movement, trigger=span, **fields) for span in spans]  # type: ignore[arg-type]


def read(marked: str) -> list[Claim]:
    document, movements = movements_of(marked)
    doc = nlp.read(document)
    return claims.attribute(movements, doc, times.find(doc, document.published), document)


def said_by(claim: Claim) -> str | None:
    return claim.claimant.text if claim.claimant is not None else None


INDIRECT = [
    ("Nairobi says its troops [crossed] into Somalia at dawn.", "Nairobi"),
    ("The Croatian general staff claimed that two brigades had [entered] Knin.", "The Croatian general staff"),
    ("Two Western diplomats told the newspaper that Serb units were [leaving] the enclave.", "Two Western diplomats"),
    ("A convoy of tanks has [left] Asmara, Ethiopian officials said on Friday.", "Ethiopian officials"),
    ("Paratroopers, the ministry announced, will [withdraw] from the airfield.", "the ministry"),
    (
        "Rwandan soldiers have [pulled out] of Kisangani, said Patrick Mazimhaka, an envoy in Kigali.",
        "Patrick Mazimhaka",
    ),
    ("According to the Colombian army, guerrillas [moved] down the river in boats.", "the Colombian army"),
    ("Rebels [seized] the bridge, according to two witnesses.", "two witnesses"),
    ("Rwandan media first reported on the [withdrawal] of Kenyan troops from Goma in May.", "Rwandan media"),
    ("Army officers said then that the shelling signalled the [withdrawal] of the rebels.", "Army officers"),
    ("Cairo and Asmara have agreed to [send] men to Baidoa, the foreign minister said.", "the foreign minister"),
    ("The mayor of Goražde, Hadžo Efendić, said tanks were [advancing] on the town.", "Hadžo Efendić"),
    (
        "Colonel Peter Lerner, a spokesman for the brigade, said his men had [returned] to Haifa.",
        "Colonel Peter Lerner",
    ),
    ("Bangladesh insisted that its peacekeepers would [stay] in Bihac.", "Bangladesh"),
    ("A source in the port, speaking on condition of anonymity, said frigates had [sailed].", "A source in the port"),
]

INVERTED = [
    ("Militiamen [left] Zinjibar overnight, reported Reuters citing two port officials.", "two port officials"),
    (
        (
            "The regiment [left] Bangui on May 3 and took part in the fighting near Bria, deputy commander of the 2nd "
            "Military Region Paul Ngoma was quoted as saying."
        ),
        "deputy commander of the 2nd Military Region Paul Ngoma",
    ),
    (
        (
            '"Troops based in Gao [left] their base today. These are steps for the march of the first column bound for '
            'Algeria under the eyes of our Armed Forces", said the Bamako junta, in a statement read out on state radio.'
        ),
        "the Bamako junta",
    ),
    ("Troops are [massing] near Kassala, warned Sudan's foreign minister.", "Sudan's foreign minister"),
    ('"They [crossed] at night," recalled Amina Yusuf, who keeps a shop by the river.', "Amina Yusuf"),
    ('"We will [withdraw] when it is safe," General Rose told reporters.', "General Rose"),
    ('"Our men [left] the valley on Monday," he said.', "he"),
    ('"It was quiet. Then the tanks [came]. We ran," said Ibrahim Kone.', "Ibrahim Kone"),
    ('The general was blunt: "We are [moving] south tonight."', "The general"),
    ('"The war is over," Prabhakaran declared. "Our cadres will [return] to the jungle."', "Prabhakaran"),
    ('Asked about Jaffna, the minister said: "No soldier will [leave] before May."', "the minister"),
    ('"The army is in trouble," the monk said.\n"Two battalions have [fled] into Thailand."', "the monk"),
    ("“Six ships have [entered] the bay,” the harbour master wrote in his log.", "the harbour master"),
]

ACCUSED = [
    ("Eritrea accused Ethiopia of [moving] tanks to Badme.", "Eritrea"),
    ("Chad has accused Sudan on Tuesday of [sending] militiamen over the border.", "Chad"),
    ("Thailand was accused by Cambodia of [entering] the temple grounds.", "Cambodia"),
    ("Tbilisi accuses Moscow of having [deployed] two regiments in the gorge.", "Tbilisi"),
    ("In a letter, Pakistan blamed India for [massing] troops along the line of control.", "Pakistan"),
    ("The Karen rebels charged that the army had [crossed] the Salween.", "The Karen rebels"),
]

CHAINS = [
    ("The agency quoted villagers as saying that soldiers had [entered] Dili.", "villagers"),
    ("Radio Monrovia reported that, according to aid workers, rebels were [leaving] Buchanan.", "aid workers"),
    ("Witnesses told the BBC they saw armour [moving] towards Grozny.", "Witnesses"),
    ("The paper said the colonel had admitted that his unit [fled] Cabinda.", "the colonel"),
    ("Kigali confirmed it had [sent] a battalion, Xinhua said.", "Kigali"),
    ("The general was quoted as saying that two divisions had [reached] Basra.", "The general"),
    (
        "State television said, citing the interior ministry, that police had [withdrawn] from Osh.",
        "the interior ministry",
    ),
    (
        "The broadcaster said a spokesman for the rebels denied that fighters had [left] Juba.",
        "a spokesman for the rebels",
    ),
]

NOUNS = [
    ("The rebels' claim that they had [taken] Bukavu came late at night.", "The rebels"),
    ("Belgrade stood by its claims that the corps had [withdrawn] to Serbia.", "Belgrade"),
    ("The statement said two frigates had [left] Karachi.", "The statement"),
    ("A report by Human Rights Watch said militiamen [entered] the camp.", "Human Rights Watch"),
    ("Video released by the Ugandan army showed tanks [crossing] the Semliki.", "the Ugandan army"),
    ("Satellite images show troops [massing] near Abyei.", "Satellite images"),
    ("In this photograph provided by the navy, marines are [boarding] a landing ship.", "the navy"),
    ("India repeated its demand that Pakistan [withdraw] from Kargil.", "India"),
    ("The army issued a statement saying that its soldiers had [returned] to Lomé.", "The army"),
    ("There are reports that mercenaries have [arrived] in Bangui.", None),
]

PARTICIPLES = [
    ("The minister spoke of peace, adding that two battalions would [leave] by June.", "The minister"),
    ("Oslo welcomed the truce, noting that its troops had already [returned].", "Oslo"),
    ("Manila protested to Beijing, saying three vessels had [entered] its waters.", "Manila"),
    ("Libya recalled its envoy and said Egyptian armour had [crossed] the frontier.", "Libya"),
    ("Colombo, which had long said nothing, said its forces had [reached] Kilinochchi.", "Colombo"),
    ("The envoy, who met the rebels in Rome, said they would [quit] Maputo.", "The envoy"),
]

REPORTS = [
    ("Troops have [left] Mekelle, three residents said by telephone, a day after the truce.", "three residents"),
    (
        "The government in Kinshasa accused Rwanda of having [sent] 500 commandos, a charge it denied.",
        "The government in Kinshasa",
    ),
    ("Mr Sarkozy, speaking in Kabul, said France would [bring home] a quarter of its men.", "Mr Sarkozy"),
    ("“It is not true that we are [leaving],” said Benon Biraaro, the head of the contingent.", "Benon Biraaro"),
    ("Residents of Pibor reported seeing columns of youths [marching] towards the town.", "Residents of Pibor"),
    ("Rebels took the airport, residents said, forcing soldiers to [flee].", "residents"),
    ("Manila says five vessels have anchored off Thitu, adding that it had [dispatched] a cutter.", "Manila"),
    ('"No," a spokesman, Ahoua Don Mello, told the radio. "Our men will [hold] Abidjan."', "Ahoua Don Mello"),
    ("A spokesman said in a statement that soldiers of both sides had [left] Doklam.", "A spokesman"),
    ("According to a statement issued by the presidency, gendarmes will [arrive] next week.", "the presidency"),
    ("President Kiir gave orders for the army to [leave] Heglig, a minister said.", "President Kiir"),
    ("The admiral declined to say when the group would [arrive].", None),
]

REPORTER = [
    "Iranian gunboats [sailed] through the strait on Sunday.",
    "The garrison, which the United Nations had [sent] in May, said it lacked water.",
    "The minister resigned as troops [entered] the capital.",
    "Angolan forces have [left] Brazzaville after four months.",
    "Tanks [rolled] past the palace while the president was said to be asleep.",
    "Peace talks began, mediators said, as the last soldiers [withdrew].",
]

OTHERS = [
    # First missed on reports that were written for the purpose (tests/gold/own.jsonl) and their like.
    (
        "Rebel columns [pulled back] to the outskirts, residents and a military source said, leaving burnt trucks.",
        "residents and a military source",
    ),
    (
        "Tonga has begun [sending] troops to Fiji, Fiji's coast guard said on Friday, putting the first group at 90 men.",
        "Fiji's coast guard",
    ),
    (
        "Moscow is [moving] military police to Syria, the agency quoted the defence ministry as saying.",
        "the defence ministry",
    ),
    ("Villagers saw two platoons [cross] the Zambezi.", "Villagers"),
    ("Fishermen watched gunboats [heading] for Trincomalee.", "Fishermen"),
    ("Residents of Mopti saw dozens of pick-ups [leaving] the town.", "Residents of Mopti"),
    ("The year 1991 saw Soviet troops [leave] Hungary.", None),
    ("Three regiments, according to the Red Cross, have [moved] from Kindu to Uvira.", "the Red Cross"),
    ("Engineers say between 200 and 300 men have [left] the dam.", "Engineers"),
    ("The gunners were taken to Aden, the envoy said, and have been [quartered] in a school.", "the envoy"),
    ("The king will stay, the palace said, and troops would [return] to the square.", "the palace"),
    ("Scouts came over the ridge while tanks [waited] below, army officers said.", "army officers"),
    ("The opposition asked why the garrison had not [left] Yei.", "The opposition"),
    ("The presidency said that it believed the rebels had [quit] Bouar.", "The presidency"),
    ("The pirates threatened to sink the ship unless the navy [withdrew].", "The pirates"),
    ("The army said 300 men were on hand, fewer than Mr Kabila had [ordered] to Goma.", "Mr Kabila"),
    ('"The rest are [waiting], without food, in the port," the mayor\'s office said.', "the mayor's office"),
    ("NATO: Serb tanks [leave] Žepa", "NATO"),
    ("Kosovo war: Tanks [enter] Pristina", None),
    ("Rebels [quit] Monrovia, aid workers say", "aid workers"),
    ("US Marines [leave] Haiti, Pentagon says", "Pentagon"),
    ("Rebels have reportedly [taken] the mine at Kono.", None),
    ("The brigade is said to have [left] Kabul.", None),
    ("Officials familiar with the plan said Fijian troops would [replace] the Danes.", "Officials"),
    ("Tehran and Baghdad said they had [withdrawn] from the marshes.", "Tehran and Baghdad"),
]


@pytest.mark.parametrize(
    ("marked", "claimant"), [*INDIRECT, *INVERTED, *ACCUSED, *CHAINS, *NOUNS, *PARTICIPLES, *OTHERS, *REPORTS]
)
def test_claimant(marked: str, claimant: str | None) -> None:
    assert [said_by(claim) for claim in read(marked)] == [claimant]


@pytest.mark.parametrize(
    ("between", "claimant"),
    [
        ("", "Colonel Marat"),
        ("The town has changed hands twice.\n", None),  # the speaker is not in the paragraph before
    ],
)
def test_quotation_that_is_a_paragraph_goes_on_with_the_speaker_before(between: str, claimant: str | None) -> None:
    (claim,) = read(
        f"Colonel Marat said his men had entered Juba.\n{between}“We have also [sent] troops to Bor so that it holds.”"
    )
    assert said_by(claim) == claimant


def test_we_in_a_quotation_is_whoever_speaks() -> None:
    (claim,) = read('"We expect to [send] sixty more soldiers to Bor," said Major Deng.')
    assert said_by(claim) == "Major Deng"


@pytest.mark.parametrize("marked", REPORTER)
def test_reporter_speaks(marked: str) -> None:
    assert [said_by(claim) for claim in read(marked)] == [None]


@pytest.mark.parametrize(
    ("marked", "cue"),
    [
        ("Asmara accused Addis Ababa of [moving] guns.", "accused"),
        ("According to the Red Cross, militia [left] Bunia.", "According to"),
        ("The general called for the unit to [leave] Bangui.", "called for"),
        ("Rebels have reportedly [reached] Goma.", "reportedly"),
        ("The UN pointed out that troops had [returned].", "pointed out"),
        ("Juba denied its army had [entered] Heglig.", "denied"),
    ],
)
def test_cue(marked: str, cue: str) -> None:
    (claim,) = read(marked)
    text = marked.replace("[", "").replace("]", "")
    assert claim.cue is not None
    assert text[slice(*claim.cue)] == cue


CERTAIN = [
    ("No decision has been taken to [send] the troops to Poland.", "denied"),
    ("Paris has no intention of [sending] troops to Niger.", "denied"),
    ("It is [sending] no troops to Haiti.", "denied"),
    ("The general stressed this; nor would any of the troops [enter] the city.", "denied"),
    ("The governor [ordered] 400 soldiers to Lae.", "ordered"),
    ("Thailand has [offered] a battalion.", "possible"),
    # first missed on reports that were written for the purpose, and their like
    ("Reports of paratroopers [landing] at Bangui were untrue, the colonel said.", "denied"),
    ("The admiral dismissed talk of a squadron [gathering] off Oran.", "denied"),
    ("One cannot speak of a [withdrawal], the envoy said.", "denied"),
    ("Not one tank has [left] the ridge, monitors said.", "denied"),
    ('"We see no sign of troops [returning]," the mayor said.', "denied"),
    ("The patrol [reached] well No. 7 at dusk.", "asserted"),
    ("The navy [sends] cutters through the channel about once a week.", "asserted"),
    ("The legion has ten days to [leave] Ndola.", "ordered"),
    ("The rebels were given a week to [quit] the mine.", "ordered"),
    ("The clan threatened to close the road unless the police [left].", "ordered"),
    ("The captors warned that they would kill the pilot if Accra did not [withdraw] its men.", "ordered"),
    ("Burundi said that it was [sending] a battalion to Bangui.", "planned"),
    ("Oman said troops were [moving] to the strait.", "asserted"),
    ("Our men will [go] if theirs do, a captain said.", "planned"),
    ("If parliament agrees, marines are to [land] in Tripoli.", "possible"),
    ("It could take months to [bring back] the guns from the Sinai, experts said.", "possible"),
    ("Chile is considering [sending] a frigate to the strait.", "possible"),
    ("The regiment would be [back] in Nairobi by June, the minister said.", "planned"),
    # stated as a fact
    ("The junta's troops have [returned] to barracks.", "asserted"),
    ("Portugal began [withdrawing] from Angola in June.", "asserted"),
    ("Egyptian units were already [moving] across the canal.", "asserted"),
    ("Rebels managed to [enter] the palace.", "asserted"),
    ("Dutch soldiers did not only [leave] the hill but blew up the road.", "asserted"),
    ("It was the first time for a Chinese ship to [cross] the line.", "asserted"),
    ("Ethiopia appears to have [moved] a division to Zalambessa.", "asserted"),
    ("Seoul confirmed that a frigate had [left] Busan.", "asserted"),
    # planned
    ("France will [send] a battalion to Abidjan.", "planned"),
    ("The Danes are to [leave] Basra in August.", "planned"),
    ("Botswana plans to [pull out] of Lesotho by spring.", "planned"),
    ("Ghana announced the [withdrawal] of its battalion from Lebanon.", "planned"),
    ("Nepal to [send] peacekeepers to Darfur", "planned"),
    ("Two brigades are preparing to [move] north.", "planned"),
    ("The cabinet announced plans to [deploy] gunboats on the Mekong.", "planned"),
    ("Lorries were loaded to [return] to Kampala.", "planned"),
    ("The fleet is set to [leave] Cádiz on Tuesday.", "planned"),
    ("Hanoi vowed to [withdraw] from Cambodia.", "planned"),
    ("Poland is planning for a [pullout] from the Golan.", "planned"),
    ("Preparations for the [withdrawal] of the legion are complete.", "planned"),
    ("The planned [withdrawal] will take a year.", "planned"),
    ("The colonel said his men would also be [returning] to Conakry in March.", "planned"),
    # possible
    ("Zambia may [send] troops to Katanga.", "possible"),
    ("Delhi is considering a plan to [deploy] a mountain division.", "possible"),
    ("The number of soldiers could [rise] to nine thousand.", "possible"),
    ("Ankara threatened to [cross] the border.", "possible"),
    ("Diplomats fear that tanks could [enter] Vilnius.", "possible"),
    ("If the talks fail, the army would [return] to the valley.", "possible"),
    ("The regiment will likely [leave] in May.", "possible"),
    ("There is a possibility of a [retreat] from Mekelle.", "possible"),
    ("There is speculation that marines might [land] in Freetown.", "possible"),
    # ordered
    ("The king ordered the guard to [leave] the square.", "ordered"),
    ("Cairo demanded that the brigade [withdraw] from Gaza.", "ordered"),
    ("The bishops called for the [removal] of all foreign troops.", "ordered"),
    ("The Security Council urged Iraq to [withdraw] from Kuwait.", "ordered"),
    ("Eritrean forces must [leave] Badme at once.", "ordered"),
    ("The battalion has been ordered to [return] to Cotonou.", "ordered"),
    ("Both armies need to [withdraw] before the vote.", "ordered"),
    ("The president asked Senegal to [send] gendarmes.", "ordered"),
    ("The junta ignored calls for it to [return] to barracks.", "ordered"),
    # denied
    ("Indonesian troops have not [withdrawn] from Dili.", "denied"),
    ("Serb gunners failed to [pull back] from the ridge.", "denied"),
    ("No soldiers [returned] to the barracks.", "denied"),
    ("Tripoli denied that its soldiers had [entered] the Aouzou Strip.", "denied"),
    ("The ministry denied reports of [moving] missiles to Latakia.", "denied"),
    ("Rebels refused to [leave] Freetown.", "denied"),
    ("The army never [left] the highlands.", "denied"),
    ("The general has not ordered a [withdrawal] from Mosul.", "denied"),
    ("There are no plans to [send] troops to Haiti.", "denied"),
    ("The government cancelled the [deployment] to Timor.", "denied"),
    ("The squadron has yet to [leave] Cyprus.", "denied"),
    ("Troops prevented the rebels from [entering] Kampala.", "denied"),
    ("It is not true that the brigade is [leaving].", "denied"),
    # disputed
    ("There was no independent confirmation of the [withdrawal].", "disputed"),
    ("It remains to be seen whether Syria will [withdraw] from the Bekaa.", "disputed"),
    ("It is unclear whether the garrison has [left].", "disputed"),
    ("The Pentagon could not confirm that Iraqi armour had [moved].", "disputed"),
    ("London doubts that Argentine troops have [left] Grytviken.", "disputed"),
    ("There were unconfirmed reports that Hutu militia had [crossed] the lake.", "disputed"),
    ("Observers questioned whether the corps had really [withdrawn].", "disputed"),
]


@pytest.mark.parametrize(("marked", "certainty"), CERTAIN)
def test_certainty(marked: str, certainty: str) -> None:
    (claim,) = read(marked)
    assert claim.certainty == certainty, claim.reasons
    assert (certainty == "asserted") or claim.reasons


STANCES = [
    ("Rebels [left] the camps, sources said, a claim that the army denied.", "denied", "denied"),
    ("The army says that Mali [pulled out] its soldiers, which Bamako denies.", "denies", "denied"),
    ("Troops [left] Asmara, officials said. Addis Ababa denied the claim.", "denied", "denied"),
    ("Moscow said tanks had [left] Vedeno. Chechen commanders dismissed the report.", "dismissed", "denied"),
    ("The junta says it [withdrew] from Dawei. Diplomats cast doubt on the junta's claims.", "cast doubt", "disputed"),
    (
        "Sudan [pulled back] from Abyei. Observers have seen no evidence of such a withdrawal.",
        "such a withdrawal",
        "disputed",
    ),
    ("Serbia said it [withdrew] its guns. The UN was not able to verify the claim.", "verify", "disputed"),
    ("Rebels [quit] Bouaké on Monday. French officers confirmed the move.", "confirmed", "asserted"),
    ("Jakarta was accused of [sending] militia. It has denied this.", "denied", "denied"),
    ("Iraq said its guard had [left] Basra. That claim was disputed by Kuwait.", "disputed", "disputed"),
    ("Kinshasa said the militia [fled]. Reports of a retreat were false, a rebel radio said.", "false", "denied"),
    ("The council told Ethiopia to [withdraw]. It refused these demands.", "refused", "denied"),
    ("Rwandan troops [left] Kisangani, Kinshasa said. Kigali issued a flat denial.", "denial", "denied"),
    ("Rwandan troops [left] Kisangani, Kinshasa said. There was a denial from Kigali.", "denial", "denied"),
    ("Sudan's tanks [left] Kassala, papers said. The army termed the reports as baseless.", "termed", "denied"),
    (
        "Papers wrote of a [retreat] of tanks from Kassala, saying that it went on. Bashir confirmed the reports.",
        "confirmed",
        "asserted",
    ),
    (
        "Sudan's tanks [left] Kassala, a paper said. The army has termed all such reports as false and wild in tone.",
        "termed",
        "denied",
    ),
    ("Sudan's tanks [left] Kassala, papers said. Khartoum called the reports baseless.", "baseless", "denied"),
]


@pytest.mark.parametrize(("marked", "trigger", "certainty"), STANCES)
def test_stance(marked: str, trigger: str, certainty: str) -> None:
    document, movements = movements_of(marked)
    doc = nlp.read(document)
    found = claims.stances(doc, movements)
    assert [document.text[slice(*stance.trigger)] for stance in found] == [trigger]
    assert found[0].kind == "stance"
    assert found[0].direction == "withdrawal"
    said = claims.attribute([*movements, *found], doc, (), document)
    assert [claim.certainty for claim in said if claim.movement.kind == "stance"] == [certainty]
    assert [claim.targets for claim in said if claim.movement.kind == "stance"] == [("c1",)]


@pytest.mark.parametrize(
    "marked",
    [
        "Troops [left] Asmara. The club denied the claim of a rival over a player.",
        "The army [entered] Gulu. The minister said taxes would fall. The opposition rejected the claim.",
        "Rebels [fled]. The bank confirmed its rates.",
        "Kagame announced the [pullout], saying that Hutu bands had been beaten. But that claim was disputed by Goma.",
        "Rebels [fled]. There was no denial from the capital.",
        "Rebels [fled]. The capital has yet to issue a denial.",
        "Rebels [fled]. A newspaper issued a denial of its own bankruptcy.",
        "Rebels [fled]. The army described the reports as accurate.",
        "Rebels [fled]. One day later the weather changed. Shops opened. Prices fell. Traders denied this.",
    ],
)
def test_no_stance(marked: str) -> None:
    document, movements = movements_of(marked)
    assert claims.stances(nlp.read(document), movements) == []


def test_stance_needs_a_movement() -> None:
    document, _ = movements_of("The actor denied the claim.")
    assert claims.stances(nlp.read(document), []) == []


def test_claim_date_is_the_day_of_saying() -> None:
    (claim,) = read("Zagreb said on Monday that its troops would [leave] Knin by Christmas.")
    assert claim.claim_date == date(1995, 8, 7)


def test_claim_date_falls_back_on_publication() -> None:
    (claim,) = read("Troops [left] Knin on Monday.")
    assert claim.claim_date == date(1995, 8, 9)


def test_order_and_ids() -> None:
    said = read("Troops [left] Knin and [entered] Drniš, Zagreb said.")
    assert [claim.id for claim in said] == ["c1", "c2"]
    assert [said_by(claim) for claim in said] == ["Zagreb", "Zagreb"]


def test_hostile_text_ends() -> None:
    document = Document(id="hostile", text='" ' * 20_000 + "said" + "\n“ " * 5_000)
    doc = nlp.load().make_doc(document.text)
    assert claims.attribute([], doc, (), document) == []
