"""Names as Californians have them, by where a household's names come from; folding needs to cut off accents only."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Culture:
    """Given names and surnames that go together."""

    female: tuple[str, ...]
    male: tuple[str, ...]
    surnames: tuple[str, ...]
    double_percent: int = 0
    """How many in a hundred carry two surnames."""
    language: str = "eng"
    """Language of the household, ISO 639-2."""


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.replace("_", " ").split("|"))


HISPANIC = Culture(
    _names(
        "María|Guadalupe|Sofía|Valeria|Gabriela|Verónica|Concepción|Ximena|Camila|Daniela|Alejandra|Lucía|Yesenia|Rocío|Mónica"
        "|Fernanda|Adriana|Beatriz|Esperanza|Itzel|Marisol|Natalia|Paola|Rosario|Estefanía|Ana_María|María_José|Leticia"
    ),
    _names(
        "José|Francisco|Jesús|Ignacio|Alberto|Guillermo|Antonio|Mateo|Santiago|Ángel|Luis|Carlos|Miguel|Diego|Javier|Andrés"
        "|Óscar|Rubén|Héctor|Julián|Emiliano|Fernando|Ramón|Adrián|Iván|José_Luis|Juan_Carlos|Rafael"
    ),
    _names(
        "García|Hernández|Martínez|López|González|Rodríguez|Pérez|Sánchez|Ramírez|Flores|Torres|Rivera|Gómez|Díaz|Reyes|Morales"
        "|Cruz|Ortiz|Gutiérrez|Chávez|Ramos|Ruiz|Mendoza|Álvarez|Castillo|Jiménez|Vázquez|Romero|Herrera|Medina|Aguilar|Vargas"
        "|Castro|Guzmán|Núñez|Peña|Zúñiga|Ibáñez|De_La_Cruz|De_La_Torre|Del_Río|De_Los_Santos|Salazar|Soto|Delgado|Cervantes"
    ),
    double_percent=45,
    language="spa",
)
ENGLISH = Culture(
    _names(
        "Emily|Elizabeth|Katherine|Catherine|Jennifer|Margaret|Patricia|Victoria|Abigail|Allison|Susan|Pamela|Deborah|Hannah"
        "|Olivia|Grace|Madison|Chloe|Ashley|Rachel|Megan|Lauren|Hailey|Brooke|Claire|Nora|Zoe|Amelia"
    ),
    _names(
        "Robert|William|Christopher|Charles|Daniel|David|Richard|Edward|Benjamin|Andrew|Anthony|Gregory|James|Jacob|Jeffrey"
        "|Joseph|John|Jonathan|Joshua|Kenneth|Lawrence|Matthew|Michael|Nathaniel|Nicholas|Samuel|Steven|Thomas|Zachary|Theodore"
    ),
    _names(
        "Smith|Johnson|Brown|Miller|Davis|Wilson|Anderson|Taylor|Moore|Thompson|White|Harris|Clark|Lewis|Robinson|Walker|Young"
        "|Allen|Wright|Hill|Scott|Green|Baker|Carter|Mitchell|Turner|Parker|Collins|Murphy|Peterson|Cooper|Bennett|O'Brien"
        "|McCarthy|Sullivan|Novak|Schneider|Rossi|Larsen|Foster"
    ),
    double_percent=6,
)
BLACK = Culture(
    _names("Aaliyah|Imani|Nia|Jada|Kiara|Destiny|Ebony|Kenya|Zuri|Amara|Layla|Serenity|Trinity|Tiana|Maya|Naomi"),
    _names(
        "Malik|Jamal|Darius|Xavier|Isaiah|Elijah|Andre|Terrell|Marcus|Jalen|Tyrone|Kendrick|Amari|Omari|Desmond|Kofi"
    ),
    _names(
        "Washington|Jefferson|Booker|Banks|Jackson|Williams|Coleman|Gaines|Hayes|Okafor|Mensah|Dixon|Fields|Hampton|Ingram"
    ),
)
VIETNAMESE = Culture(
    _names("Linh|Hương|Lan|Mai|Thảo|Ngọc|Trang|Vy|Thùy|Hà|Hạnh|Phương|Quỳnh|Tuyết|Yến|Kim"),
    _names("Minh|Tuấn|Hùng|Dũng|Khoa|Long|Quang|Thắng|Vinh|Bảo|Huy|Nam|Phúc|Sơn|Trí|Khánh"),
    _names("Nguyễn|Trần|Lê|Phạm|Huỳnh|Hoàng|Phan|Vũ|Võ|Bùi|Hồ|Ngô|Dương|Lý|Trương|Lương"),
    language="vie",
)
ARMENIAN = Culture(
    _names("Anahit|Ani|Gayane|Lusine|Nare|Siranush|Talin|Araksi|Mariam|Hasmik|Karine|Sona|Armine|Nairi"),
    _names("Hrachya|Armen|Aram|Hovhannes|Vahe|Tigran|Garo|Levon|Sevak|Narek|Hayk|Arsen|Karen|Davit"),
    _names(
        "Petrosyan|Hakobyan|Sargsyan|Grigoryan|Harutyunyan|Karapetyan|Avetisyan|Manukian|Keshishian|Terzian|Bedrosian|Gasparyan"
    ),
    language="hye",
)
FILIPINO = Culture(
    _names("Angelica|Jasmine|Kristine|Maricel|Rowena|Bernadette|Lourdes|Analyn|Charlene|Divina|Grace_Ann|Liezel"),
    _names("Jericho|Rodel|Arnel|Emmanuel|Jerome|Rommel|Edgardo|Nestor|Vicente|Ferdinand|Rey|Dennis"),
    _names("Santos|Bautista|Ocampo|Mercado|Villanueva|Aquino|Dizon|Manalo|Pangilinan|Macaraeg|Dela_Rosa|Salonga"),
    language="tgl",
)
CHINESE = Culture(
    _names("Xin|Yan|Mei|Jing|Li|Ying|Hui|Fang|Wen|Qing|Emily_Yan|Vivian"),
    _names("Wei|Jun|Hao|Ming|Tao|Bin|Lei|Feng|Jian|Yong|Kevin|Raymond"),
    _names("Chen|Wang|Liu|Zhang|Huang|Wu|Lin|Lam|Wong|Leung|Zhao|Xu|Cheung|Ng|Tan|Chow"),
    language="zho",
)
OTHERS = Culture(
    _names("Priya|Ananya|Harpreet|Simran|Fatima|Leila|Shirin|Jiwoo|Soo|Min|Leilani|Noor|Parisa|Zainab|Aisha"),
    _names("Arjun|Mandeep|Gurpreet|Rohan|Omid|Reza|Cyrus|Seung|Hyun|Kai|Yusuf|Tariq|Farhad|Vikram|Hiroshi"),
    _names(
        "Patel|Singh|Sharma|Kaur|Gill|Sandhu|Tehrani|Moradi|Rahimi|Kim|Park|Choi|Kang|Tanaka|Yamamoto|Kahananui|Ahmadi|Haddad|Khan"
    ),
)
CULTURES = {HISPANIC: 39, ENGLISH: 26, BLACK: 8, VIETNAMESE: 6, ARMENIAN: 5, FILIPINO: 5, CHINESE: 5, OTHERS: 6}
"""How many households in a hundred each."""
