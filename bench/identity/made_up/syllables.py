"""Of what rare names are made: given names of two parts, surnames of three."""


def _parts(text: str) -> tuple[str, ...]:
    return tuple(text.split())


HEADS = _parts(
    """
    Bar Ben Bel Bran Cal Car Cas Dal Dan Del Dor Fal Fer Gar Gol Hal Har Hol Jan Kal Kar Kel Kor Lan Lar Lim
    Mal Man Mar Mer Mol Nav Nor Or Pal Par Per Pol Quin Ral Ran Ros Sal San Sel Sol Tal Tam Tor Val Ver Vil
    Wal War Wes Yar Zam
    """
)
MIDDLES = _parts("a ad al am an ar as at e ed el em en er et i il in ing is o ol on or os u ul un")
TAILS = _parts(
    """
    ado ana berg by court da der dez do ell ers es ez feld field ford gen ham ian ich ill ino ito ka ko land
    ley lo man mann mer mond ney no owski quez ra ren ri ro sen ski son stein ta ter ton va vich well wood yan
    zel
    """
)
GIVEN_HEADS = _parts(
    """
    A Ad Al Am An Ar Bre Bri Cal Cam Da De Do E El Em Ev Fa Ga Ha Is Ja Je Jo Ka Ke Ki La Le Li Lo Ma Mi Na Ni
    No Ra Re Ro Sa Sha Sky Ta Te Ty Va Wil Ya Ze Zo
    """
)
GIVEN_TAILS = {
    "female": _parts(
        """
        bel cia da dria ela elle elyn ena essa ette hara ia iah iana ika ila ina ira isa issa iya la leigh lia
        lyn mara na nelle ra rah ria shia tia vana ya
        """
    ),
    "male": _parts(
        """
        an ario aro ben cob den don dric emy en ero ian iel in io iro ius kai lan lek lon mar mir moth nan nel
        nio ohn on ran rell rik ron shawn son than tin vin von xton
        """
    ),
}
