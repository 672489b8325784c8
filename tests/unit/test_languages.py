from __future__ import annotations

import subprocess
import sys

import pytest

from geomap import documents, languages
from geomap.errors import ReadError

ENGLISH = (
    "The governor of the region said that two battalions had left their camp and were on the road to the north. " * 2
)
TEXTS = {
    "German": "Die Soldaten haben am Montag das Lager in Gao verlassen und sind auf dem Weg nach Norden, sagte der Sprecher. Niemand weiß, ob sie zurückkehren werden.",
    "French": "Les soldats ont quitté lundi le camp de Gao et se dirigent vers le nord, a déclaré le porte-parole. Personne ne sait s'ils reviendront un jour dans la ville.",
    "Dutch": "De soldaten hebben maandag het kamp in Gao verlaten en zijn op weg naar het noorden, zei de woordvoerder. Niemand weet of ze ooit nog terugkomen in de stad.",
    "Danish": "Soldaterne forlod mandag lejren i Gao og er på vej mod nord, sagde talsmanden. Ingen ved, om de nogensinde vender tilbage til byen, hvor de har været i ni år.",
    "Spanish": "Los soldados abandonaron el lunes el campamento de Gao y se dirigen hacia el norte, dijo el portavoz. Nadie sabe si volverán algún día a la ciudad.",
    "Russian": "В понедельник солдаты покинули лагерь в Гао и направляются на север, сообщил представитель командования. Никто не знает, вернутся ли они когда-нибудь в город.",
    "Ukrainian": "У понеділок солдати залишили табір у Гао і прямують на північ, повідомив речник командування. Ніхто не знає, чи повернуться вони колись до міста, де стояли дев'ять років.",
    "Arabic": "غادر الجنود يوم الاثنين المعسكر في غاو وهم في طريقهم إلى الشمال، بحسب المتحدث. لا أحد يعلم ما إذا كانوا سيعودون يوما إلى المدينة التي بقوا فيها تسع سنوات.",
    "Chinese": "士兵们周一离开了加奥的营地，正在前往北方，发言人说。没有人知道他们是否还会回到这座城市。" * 4,
}


@pytest.mark.parametrize("name", TEXTS)
def test_other_languages_are_named(name):
    with pytest.raises(ReadError, match=f"is in {name}, and geomap reads English; .*--force"):
        languages.require_english(documents.from_text(TEXTS[name], id="report"))


@pytest.mark.parametrize(
    "text",
    [
        ENGLISH,
        "Soldiers left.",
        "Bonjour.",
        (
            "Kyiv, Kharkiv, Odesa, Dnipro, Donetsk, Lviv, Zaporizhzhia, Kryvyi Rih, Mykolaiv, Mariupol, Luhansk, Vinnytsia, "
            "Makiivka, Simferopol, Chernihiv, Kherson, Poltava, Khmelnytskyi, Chernivtsi, Zhytomyr, Sumy, Rivne"
        ),
        (
            "TROOPS LEAVE GAO; CONVOY HEADS NORTH; UN WARNS OF GAP; PARIS SILENT; BAMAKO CHEERS; MORE SOLDIERS TO KIDAL "
            "NEXT MONTH; FUEL SHORT IN TIMBUKTU; GOVERNOR FLIES HOME; BRIDGE CLOSED"
        ),
        "a" * 100_000,
        "1 2 3 4 5 " * 1000,
        "<{[|]}> " * 1000,
        "\ud800" * 1000,
        ENGLISH + TEXTS["French"],
    ],
    ids=[
        "English",
        "short",
        "too short",
        "names",
        "headlines",
        "one letter",
        "numbers",
        "signs",
        "surrogates",
        "mixed",
    ],
)
def test_what_is_english_or_cannot_be_told_is_read(text):
    languages.require_english(documents.from_text(text))


def test_boilerplate_does_not_count():
    text = "Advertisement\n" + TEXTS["French"]
    with pytest.raises(ReadError, match="French"):
        languages.require_english(documents.from_text(text))
    header = "Title: Les soldats quittent le camp de Gao et partent vers le nord\nDate: 2023-05-06\n\n"
    languages.require_english(documents.from_text(header + ENGLISH, header=True))


@pytest.mark.parametrize(("declared", "text", "is_read"), [
    ("fr-FR", "Les soldats ont quitté Gao.", False),
    ("fr", "The soldiers left Gao.", True),
    ("en", "Les soldats ont quitté Gao.", True),
    ("xx-klingon", "Les soldats ont quitté Gao.", True),
    ("de", ENGLISH, True),
])  # fmt: skip
def test_a_declaration_counts_for_short_texts_only(declared, text, is_read):
    document = documents.from_text(text, language=declared)
    if is_read:
        languages.require_english(document)
    else:
        with pytest.raises(ReadError, match="French"):
            languages.require_english(document)


def test_force_goes_on(run, tmp_path):
    path = tmp_path / "rapport.txt"
    path.write_text(TEXTS["French"], encoding="utf-8")
    refused = run("extract", path)
    assert (refused.code, refused.out, refused.err.count("\n")) == (1, "", 1)
    assert "French" in refused.err
    assert run("extract", path, "--force").code == 0


def test_english_needs_no_model():
    code = (
        "import sys; from geomap import documents; "
        f"documents.read_many; documents._checked(documents.from_text({ENGLISH!r}), force=False); "
        "print('py3langid' in sys.modules, 'spacy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
