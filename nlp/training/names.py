"""Names for the domain sentences, by hand. Kinds: PER, ORG, LOC, MISC.

The lists carry what newspaper sets of the past lack: Asian space agencies and
companies, launch sites, satellites, rockets, ministries, institutes.
"""

# (full name, short forms); short forms also come as "Suparco", Italian style.
AGENCIES_EN = [
    ("Space and Upper Atmosphere Research Commission", "SUPARCO"),
    ("Pakistan Space and Upper Atmosphere Research Commission", "SUPARCO"),
    ("China National Space Administration", "CNSA"), ("China Manned Space Agency", "CMSA"),
    ("China Aerospace Science and Technology Corporation", "CASC"),
    ("China Aerospace Science and Industry Corporation", "CASIC"),
    ("China Academy of Space Technology", "CAST"), ("China Academy of Launch Vehicle Technology", "CALT"),
    ("Shanghai Academy of Spaceflight Technology", "SAST"),
    ("China Great Wall Industry Corporation", "CGWIC"), ("Indian Space Research Organisation", "ISRO"),
    ("Japan Aerospace Exploration Agency", "JAXA"), ("European Space Agency", "ESA"),
    ("Italian Space Agency", "ASI"), ("Korea Aerospace Research Institute", "KARI"),
    ("Asia-Pacific Space Cooperation Organization", "APSCO"), ("Institute of Space Technology", "IST"),
    ("Chinese Academy of Sciences", "CAS"), ("People's Liberation Army", "PLA"),
    ("International Telecommunication Union", "ITU"), ("Shanghai Cooperation Organisation", "SCO"),
    ("Strategic Plans Division", "SPD"), ("Inter-Services Public Relations", "ISPR"),
    ("Defence Research and Development Organisation", "DRDO"), ("National Reconnaissance Office", "NRO"),
    ("International Atomic Energy Agency", "IAEA"), ("Asian Development Bank", "ADB"),
    ("National University of Sciences and Technology", "NUST"), ("Kahuta Research Laboratories", "KRL"),
    ("Communist Party of China", "CPC"), ("Asian Infrastructure Investment Bank", "AIIB"),
    ("Malaysian Space Agency", "MYSA"), ("Bangladesh Satellite Company", "BSCL"),
    ("United Arab Emirates Space Agency", "UAESA"), ("Egyptian Space Agency", "EgSA"),
    ("Turkish Space Agency", "TUA"), ("China Satellite Network Group", "SatNet"),
    ("Chang Guang Satellite Technology", "CGST"), ("Strategic Support Force", "SSF"),
]
AGENCIES_IT = [
    ("Commissione per la ricerca spaziale e dell'alta atmosfera", "SUPARCO"),
    ("Amministrazione spaziale nazionale cinese", "CNSA"), ("Agenzia spaziale cinese", "CNSA"),
    ("Agenzia spaziale europea", "ESA"), ("Agenzia spaziale italiana", "ASI"),
    ("Organizzazione indiana per la ricerca spaziale", "ISRO"),
    ("Accademia cinese delle scienze", "CAS"), ("Accademia di tecnologia spaziale di Shanghai", "SAST"),
    ("Agenzia internazionale per l'energia atomica", "AIEA"),
    ("Organizzazione per la cooperazione di Shanghai", "SCO"),
    ("Esercito popolare di liberazione", "PLA"), ("Accademia cinese di tecnologia spaziale", "CAST"),
    ("Agenzia di esplorazione aerospaziale giapponese", "JAXA"),
    ("Unione internazionale delle telecomunicazioni", "ITU"), ("Istituto nazionale di astrofisica", "INAF"),
    ("Consiglio nazionale delle ricerche", "CNR"), ("Banca asiatica di sviluppo", "ADB"),
    ("Unione europea", "UE"), ("Alleanza atlantica", "NATO"), ("Istituto affari internazionali", "IAI"),
    ("Istituto per gli studi di politica internazionale", "ISPI"), ("Agenzia spaziale turca", "TUA"),
    ("Corporazione cinese di scienza e tecnologia aerospaziale", "CASC"),
    ("Centro italiano ricerche aerospaziali", "CIRA"), ("Organizzazione mondiale del commercio", "OMC"),
]
COMPANIES = [
    "GalaxySpace", "Galaxy Space", "MinoSpace", "Minospace", "SpaceChain", "Geespace", "LandSpace", "iSpace",
    "Galactic Energy", "CAS Space", "ADA Space", "Spacety", "Piesat", "HEAD Aerospace", "Orienspace",
    "Space Pioneer", "Deep Blue Aerospace", "Expace", "Star.Vision", "StarVision Aerospace", "Commsat",
    "Guodian Gaoke", "Origin Space", "OneWeb", "SpaceX", "Blue Origin", "Arianespace", "Rocket Lab",
    "Leonardo", "Avio", "Thales Alenia Space", "Telespazio", "Airbus", "Boeing", "Lockheed Martin",
    "Northrop Grumman", "Planet Labs", "Maxar", "BlackSky", "ICEYE", "Skyroot Aerospace", "Agnikul Cosmos",
    "Pixxel", "Dhruva Space", "NewSpace India Limited", "Antrix", "Hindustan Aeronautics", "Huawei", "ZTE",
    "Norinco", "AVIC", "China Mobile", "China Telecom", "PakSat International", "Mitsubishi Heavy Industries",
    "Hanwha Aerospace", "AsiaSat", "Eutelsat", "Fincantieri", "Sitael", "D-Orbit", "Zhongke Aerospace",
]
UNIVERSITIES_EN = [
    "Tsinghua University", "Peking University", "Beihang University", "Harbin Institute of Technology",
    "Zhejiang University", "Shanghai Jiao Tong University", "Quaid-i-Azam University", "Wuhan University",
    "University of the Punjab", "Aga Khan University", "National Defence University", "Air University",
    "King's College London", "Johns Hopkins University", "Fudan University", "University of Karachi",
]
UNIVERSITIES_IT = [
    "Università di Pechino", "Università di Bologna", "Sapienza", "Politecnico di Milano", "Università del Punjab",
    "Politecnico di Torino", "Università di Hong Kong", "Università Beihang", "Università Tsinghua", "Bocconi",
    "Luiss", "Università di Karachi", "Scuola superiore Sant'Anna", "Università Ca' Foscari",
]
THINK_TANKS = [
    "Observer Research Foundation", "Centre for Strategic and International Studies", "CSIS", "IISS",
    "International Institute for Strategic Studies", "Secure World Foundation", "RAND Corporation", "RAND",
    "Stimson Center", "Carnegie Endowment", "MERICS", "Chatham House", "Brookings Institution", "SIPRI",
    "Islamabad Policy Research Institute", "IPRI", "Institute of Strategic Studies Islamabad", "ISSI",
    "China Institute of International Studies", "Jamestown Foundation", "Lowy Institute", "ASPI",
    "Center for Security and Emerging Technology", "Orbital Gateway Consulting", "BryceTech", "Euroconsult",
    "National Bureau of Asian Research", "Hudson Institute", "Atlantic Council", "Asia Society",
    "Sustainable Development Policy Institute", "Ecfr", "Ispi", "Iai", "Geopolitica.info", "Limes",
]
MINISTRIES_EN = [
    "Ministry of Foreign Affairs", "Ministry of Defence", "Ministry of Science and Technology", "Foreign Office",
    "Ministry of Planning", "State Department", "Pentagon", "White House", "State Council", "Politburo",
    "National Assembly", "Senate", "Central Military Commission", "National Command Authority", "Kremlin",
    "Pakistan Air Force", "Pakistan Army", "Indian Navy", "US Space Force", "Supreme Court", "Congress",
    "National Development and Reform Commission", "European Commission", "United Nations", "Security Council",
]
MINISTRIES_IT = [
    "Ministero degli Esteri", "Ministero della Difesa", "Farnesina", "Casa Bianca", "Pentagono", "Cremlino",
    "Consiglio di Stato", "Assemblea nazionale", "Partito comunista cinese", "Commissione europea", "Nazioni Unite",
    "Consiglio di sicurezza", "Dipartimento di Stato", "Palazzo Chigi", "Senato", "Camera dei deputati",
    "Aeronautica militare", "Marina indiana", "Corte suprema", "Parlamento europeo", "Congresso", "Onu", "Copasir",
]
MEDIA = [
    "Xinhua", "Dawn", "Global Times", "Geo News", "The Express Tribune", "China Daily", "CGTN", "Reuters", "ANSA",
    "Ansa", "askanews", "Adnkronos", "Agenzia Nova", "SpaceNews", "South China Morning Post", "Associated Press",
    "AFP", "Bloomberg", "The Diplomat", "Nikkei Asia", "Financial Times", "New York Times", "Nuova Cina", "PTI",
    "Associated Press of Pakistan", "APP", "The Hindu", "Times of India", "People's Daily", "Corriere della Sera",
    "la Repubblica", "Il Sole 24 Ore", "Formiche", "Asia Times", "BBC", "Al Jazeera", "TASS", "Kyodo",
]
CITIES_EN = [
    "Beijing", "Islamabad", "Karachi", "Lahore", "Rawalpindi", "Shanghai", "Hong Kong", "New Delhi", "Bengaluru",
    "Tokyo", "Seoul", "Moscow", "Washington", "Brussels", "Rome", "Milan", "Dubai", "Abu Dhabi", "Riyadh", "Tehran",
    "Kabul", "Peshawar", "Quetta", "Gwadar", "Multan", "Chengdu", "Xi'an", "Wuhan", "Hefei", "Urumqi", "Kashgar",
    "Taipei", "Hanoi", "Jakarta", "Bangkok", "Singapore", "Geneva", "Vienna", "Paris", "London", "Ankara", "Harbin",
    "Changchun", "Shenzhen", "Guangzhou", "Colombo", "Dhaka", "Kathmandu", "Astana", "Tashkent", "Faisalabad",
]
CITIES_IT = [
    "Pechino", "Islamabad", "Karachi", "Lahore", "Shanghai", "Hong Kong", "Nuova Delhi", "Bangalore", "Tokyo", "Seul",
    "Mosca", "Washington", "Bruxelles", "Roma", "Milano", "Torino", "Napoli", "Dubai", "Abu Dhabi", "Riad", "Teheran",
    "Kabul", "Peshawar", "Quetta", "Gwadar", "Chengdu", "Xi'an", "Wuhan", "Hefei", "Urumqi", "Taipei", "Hanoi",
    "Giacarta", "Bangkok", "Singapore", "Ginevra", "Vienna", "Parigi", "Londra", "Ankara", "Canton", "Shenzhen",
    "Dacca", "Colombo", "Astana", "Tashkent", "Firenze", "Trieste", "L'Aquila", "Matera", "Colleferro",
]
COUNTRIES_EN = [
    "Pakistan", "China", "India", "Japan", "South Korea", "North Korea", "Russia", "Iran", "Turkey", "Italy",
    "France", "Germany", "Saudi Arabia", "Afghanistan", "Bangladesh", "Sri Lanka", "Nepal", "Myanmar", "Laos",
    "Kazakhstan", "Uzbekistan", "Egypt", "Ethiopia", "Venezuela", "Brazil", "Argentina", "Nigeria", "Taiwan",
    "Vietnam", "Indonesia", "Malaysia", "Thailand", "Israel", "Ukraine", "Australia", "South Africa", "Oman",
    "the United States", "the United Arab Emirates", "the Maldives", "the Philippines", "the United Kingdom",
]
# Name with the forms of "il", "di + il", "a + il", "in".
COUNTRIES_IT = [
    ("Pakistan", "il ", "del ", "al ", "in "), ("Cina", "la ", "della ", "alla ", "in "),
    ("India", "l'", "dell'", "all'", "in "), ("Italia", "l'", "dell'", "all'", "in "),
    ("Giappone", "il ", "del ", "al ", "in "), ("Corea del Nord", "la ", "della ", "alla ", "in "),
    ("Corea del Sud", "la ", "della ", "alla ", "in "), ("Russia", "la ", "della ", "alla ", "in "),
    ("Iran", "l'", "dell'", "all'", "in "), ("Turchia", "la ", "della ", "alla ", "in "),
    ("Arabia Saudita", "l'", "dell'", "all'", "in "), ("Stati Uniti", "gli ", "degli ", "agli ", "negli "),
    ("Emirati Arabi Uniti", "gli ", "degli ", "agli ", "negli "), ("Francia", "la ", "della ", "alla ", "in "),
    ("Germania", "la ", "della ", "alla ", "in "), ("Regno Unito", "il ", "del ", "al ", "nel "),
    ("Afghanistan", "l'", "dell'", "all'", "in "), ("Bangladesh", "il ", "del ", "al ", "in "),
    ("Kazakistan", "il ", "del ", "al ", "in "), ("Egitto", "l'", "dell'", "all'", "in "),
    ("Etiopia", "l'", "dell'", "all'", "in "), ("Venezuela", "il ", "del ", "al ", "in "),
    ("Nigeria", "la ", "della ", "alla ", "in "), ("Vietnam", "il ", "del ", "al ", "in "),
    ("Indonesia", "l'", "dell'", "all'", "in "), ("Filippine", "le ", "delle ", "alle ", "nelle "),
    ("Ucraina", "l'", "dell'", "all'", "in "), ("Brasile", "il ", "del ", "al ", "in "),
    ("Sudafrica", "il ", "del ", "al ", "in "), ("Unione Sovietica", "l'", "dell'", "all'", "in "),
]
SITES_EN = [
    "Jiuquan Satellite Launch Center", "Xichang Satellite Launch Centre", "Wenchang Space Launch Site",
    "Taiyuan Satellite Launch Center", "Jiuquan", "Xichang", "Wenchang", "Taiyuan", "Sriharikota",
    "Satish Dhawan Space Centre", "Baikonur Cosmodrome", "Baikonur", "Cape Canaveral", "Kennedy Space Center",
    "Kourou", "Tanegashima", "Vandenberg", "Vostochny", "Sonmiani", "Naro Space Center", "Haiyang",
    "Plesetsk", "Wallops Island", "Mahia Peninsula", "Thumba", "Inner Mongolia", "Hainan", "Gobi Desert",
]
SITES_IT = [
    "Jiuquan", "Xichang", "Wenchang", "Taiyuan", "Sriharikota", "Baikonur", "Cape Canaveral", "Kourou",
    "Guyana francese", "Tanegashima", "Sonmiani", "Malindi", "Perdasdefogu", "Mongolia interna", "Hainan",
    "deserto del Gobi", "Vostochny", "Plesetsk", "Sichuan", "Shanxi", "Gansu", "Haiyang", "Salto di Quirra",
]
REGIONS_EN = [
    "Balochistan", "Punjab", "Sindh", "Xinjiang", "Tibet", "Kashmir", "Gilgit-Baltistan", "Khyber Pakhtunkhwa",
    "Gansu", "Sichuan", "Guangdong", "the South China Sea", "the Indian Ocean", "the Taiwan Strait", "Ladakh",
    "the Arabian Sea", "Central Asia", "South Asia", "the Middle East", "Africa", "Latin America", "Europe",
    "the Persian Gulf", "the Himalayas", "the Strait of Malacca", "Arunachal Pradesh", "Tamil Nadu",
]
REGIONS_IT = [
    "Belucistan", "Punjab", "Sindh", "Xinjiang", "Tibet", "Kashmir", "Guangdong", "Mar cinese meridionale",
    "Oceano Indiano", "Mar Arabico", "Golfo Persico", "Medio Oriente", "Indo-Pacifico", "Mediterraneo",
]
SATELLITES = [
    "PRSS-1", "PRSS-01", "PRSS-2", "PRSC-EO1", "PRSC-EO2", "PRSC-S1", "Paksat-1R", "PakSat-MM1", "Paksat-MM1",
    "PakTES-1A", "HS-1", "KS-1", "EO-1", "ICUBE-Q", "iCube-Qamar", "Badr-1", "Badr-B", "Gaofen-3", "Yaogan-41",
    "Beidou", "BeiDou-3", "Tianlian-2", "Shijian-25", "Chang'e-6", "Chang'e 8", "Tianwen-1", "Queqiao-2", "Lantan-1",
    "Jilin-1", "Cartosat-3", "Chandrayaan-3", "GSAT-20", "Sentinel-1", "COSMO-SkyMed", "PRISMA", "Galileo",
    "GLONASS", "Starlink", "Gaganyaan", "Shenzhou-21", "Tianzhou-8", "Fengyun-3G", "Blue Carbon-1", "DAO-1",
    "AIRSAT 03", "Nusantara Lima", "RISAT-1", "Khayyam", "Kuafu-1", "Zhuque", "Ziyuan III", "Hisea-1", "Kosmos 2553",
]
ROCKETS_EN = [
    "Long March 2C", "Long March-2D", "Long March 3B", "Long March 5", "Long March-6", "Long March 7A", "LM-2C",
    "CZ-3B", "Long March", "Kuaizhou-1A", "Ceres-1", "Zhuque-2", "Zhuque-3", "Lijian-1", "Gravity-1", "Smart Dragon-3",
    "PSLV-C58", "GSLV Mk III", "LVM3", "Falcon 9", "Starship", "Soyuz-2.1b", "Proton-M", "Ariane 6", "Vega-C", "H3",
    "Hyperbola-1", "Kinetica-1", "Nuri", "Electron", "Tianlong-2", "JF-17", "J-10C", "DF-26", "Shaheen-III", "Agni-V",
]
ROCKETS_IT = [
    "Lunga Marcia", "Lunga Marcia 2C", "Lunga Marcia-3B", "Lunga Marcia 5", "Lunga Marcia-6", "Lunga marcia 2D",
    "Long March 2C", "Long March-3B", "Kuaizhou-1A", "Ceres-1", "Zhuque-2", "Lijian-1", "Falcon 9", "Starship",
    "Ariane 6", "Vega-C", "Vega C", "Soyuz", "Proton", "PSLV", "H3", "CZ-2C", "J-10C", "JF-17", "DF-17",
]
PROGRAMMES_EN = [
    "China-Pakistan Economic Corridor", "CPEC", "Belt and Road Initiative", "Belt and Road", "Vision 2047",
    "International Lunar Research Station", "ILRS", "Artemis", "Artemis Accords", "Tiangong", "Uraan Pakistan",
    "Space Silk Road", "Digital Silk Road", "Gateway", "Copernicus", "Made in China 2025", "Outer Space Treaty",
    "Global Development Initiative", "Space Vision 2040", "Operation Sindoor", "Horizon Europe", "Quad", "Aukus",
]
PROGRAMMES_IT = [
    "Corridoio economico Cina-Pakistan", "Cpec", "CPEC", "Nuova via della seta", "Via della seta", "Vision 2047",
    "Belt and Road", "Tiangong", "Stazione lunare internazionale", "Artemis", "Accordi Artemis", "Piano Mattei",
    "Copernicus", "Iris²", "Trattato sullo spazio extra-atmosferico", "Pnrr", "Golden Power", "Made in China 2025",
]
GIVEN = {
    "zh": ["Xi", "Li", "Wang", "Zhang", "Liu", "Chen", "Yang", "Huang", "Zhao", "Wu", "Zhou", "Xu", "Sun", "Ma", "Zhu",
           "Hu", "Guo", "He", "Lin", "Gao", "Luo", "Zheng", "Liang", "Xie", "Tang", "Feng", "Deng", "Jiang", "Yin"],
    "zh2": ["Jinping", "Qiang", "Yi", "Kejian", "Zhongde", "Weiren", "Xiqiang", "Zaidong", "Xiaodong", "Jianxue", "Chun",
            "Wei", "Lihua", "Guoping", "Yulong", "Haitao", "Xueyong", "Bo", "Zhigang", "Liming", "Hongbo", "Ming", "Jun"],
    "pk": ["Shehbaz", "Ishaq", "Ahsan", "Muhammad", "Mohammad", "Yousuf", "Amer", "Asif", "Anwaarul", "Bilawal", "Imran",
           "Maryam", "Khawaja", "Asim", "Hina", "Fawad", "Ayaz", "Zafar", "Khurram", "Moin-ul-", "Abdul", "Sania", "Tariq"],
    "pk2": ["Sharif", "Dar", "Iqbal", "Khan", "Nadeem", "Zardari", "Kakar", "Bhutto", "Bhutto-Zardari", "Nawaz", "Asif",
            "Munir", "Rabbani Khar", "Chaudhry", "Sadiq", "Daud", "Haque", "Salam", "Faisal", "Hussain", "Qureshi"],
    "in": ["Narendra", "Subrahmanyam", "Rajnath", "Ajit", "Vikram", "Sreedhara", "Kailasavadivoo", "Amit", "Nirmala",
           "Rajeswari", "Brahma", "Shashi", "Manmohan", "Anil"],
    "in2": ["Modi", "Jaishankar", "Singh", "Doval", "Sarabhai", "Somanath", "Sivan", "Shah", "Sitharaman", "Chellaney",
            "Tharoor", "Pillai Rajagopalan", "Narayanan", "Menon"],
    "eu": ["John", "Mary", "Joan", "Todd", "Brian", "Namrata", "Blaine", "Andrew", "Marco", "Giulia", "Carlo", "Mattia",
           "Antonio", "Giorgia", "Guido", "Roberto", "Francesca", "Samantha", "Luca", "Paolo", "Elena", "Anna", "Dmitry",
           "Yuri", "Ursula", "Emmanuel", "Jean-Pierre", "José", "Rafael", "Dean", "Bill", "Michael", "Karen", "Lucia"],
    "eu2": ["Johnson-Freese", "Harrison", "Weeden", "Goswami", "Curcio", "Jones", "Rossi", "Bianchi", "Iorio", "Speroni",
            "Tajani", "Meloni", "Crosetto", "Battiston", "Cristoforetti", "Parmitano", "De Luca", "D'Amico", "Rogozin",
            "Borisov", "von der Leyen", "Macron", "Kennedy", "O'Neill", "Nelson", "Cheng", "Grossi", "McDowell", "Aschbacher",
            "Smith", "Di Pippo", "Saccoccia", "Valente", "Dall'Oglio", "Peña", "Müller", "Trump", "Rubio", "Blinken"],
}
# Adjectives of peoples: no names in this model, though some silver sets say MISC.
DEMONYMS = set("""
american british english scottish welsh irish french german italian spanish portuguese dutch belgian swiss austrian
greek turkish russian soviet ukrainian polish czech slovak hungarian romanian bulgarian serbian croatian slovenian
albanian swedish norwegian danish finnish icelandic estonian latvian lithuanian chinese japanese korean taiwanese
vietnamese thai indonesian malaysian filipino indian pakistani bangladeshi nepali afghan iranian persian iraqi syrian
lebanese israeli palestinian jordanian saudi egyptian libyan tunisian algerian moroccan nigerian ghanaian kenyan
ethiopian african european asian australian canadian mexican brazilian argentine argentinian chilean peruvian
colombian venezuelan cuban roman jewish christian muslim catholic islamic arab arabic latin hispanic
australians americans germans italians romans greeks british russians chinese japanese indians pakistanis jews
cinese cinesi pakistano pakistana pakistani indiano indiana indiani italiano italiana italiani italiane tedesco tedesca
tedeschi francese francesi inglese inglesi americano americana americani statunitense statunitensi russo russa russi
giapponese giapponesi coreano coreana europeo europea europei spagnolo spagnola spagnoli britannico britannica
""".split())
