"""Texts for the golden file that try the tokenizer and the case rule, by hand."""

ODD = r"""
L'Agenzia spaziale italiana e l’ESA lavorano a Roma.
Dell’accordo Pechino-Islamabad ha parlato Ansa.
È l’ora dell’Università di Bologna, dice José Peña.
“Suparco” è pronta: il satellite «PRSS-01» partirà da Jiuquan.
La Suparco (Space and Upper Atmosphere Research Commission) ha 60 anni.
SUPARCO E CNSA FIRMANO A KARACHI L'ACCORDO SU PRSS-1
CINA, IL RAZZO LUNGA MARCIA 2C DECOLLA DA XICHANG
suparco lancia un satellite da jiuquan, scrive xinhua
🚀 Lanciato il PRSS-1 da Jiuquan! 🇵🇰🤝🇨🇳 #Suparco @CNSA_en
Perché Xi’an? Perché c’è l’Accademia cinese delle scienze…
Il prof. Carlo Rossi (Sapienza) e la dott.ssa Anna De Luca erano a L'Aquila.
Nel 2025-26 la CASC (Casc) farà 68 lanci: +12,5% sul 2024.
Po’ di storia: Badr-1, nato nel 1990, pesava 52 kg.
Il signor D'Amico dell'O.N.U. vive in via dell'Università, 12/bis.
McDonald e iPhone non c'entrano con l'eBay del Sig. MacArthur.
"Niente di nuovo", disse l'ex-ministro; poi tacque.
São Tomé, Île-de-France, Köln, Łódź, Zürich e Reykjavík.
Il 1° maggio e la 2ª missione: H₂O su Marte, 10 m² di pannelli.
Spesa: 1.000.000 € (o $1,2m) per l'antenna di Perdasdefogu.
Fonte: https://example.org/spazio/suparco?id=12&lang=it
Scrivete a redazione@example.org o chiamate lo +39 06 1234567.
中国 e Pakistan: 长征 significa Lunga Marcia.
Президент Путин ha visitato Байконур.
İstanbul e ǅungla sono parole strane, ŒUVRE e STRASSE/straße pure.
Parole\u00a0separate\u00a0da spazi\u00a0fissi e\u200bsenza spazio.
Su\u00adpar\u00adco con trattini invisibili, e Caffe\u0300 con accento separato.
Tab\tqui\te a capo\nlì, poi\r\nfine.
a
A
?
...
 spazi   iniziali  e   finali  
X Y Z: l'asse A-B-C
Il missile Shaheen-III ha una gittata di 2.750 km.
L’on. Crosetto: “L’Iris² è strategica per l’Ue e l’Italia”
Un'altra intesa, un'altra firma: quell'Agenzia spaziale europea è dappertutto.
PakTES-1A, PRSC-EO1 e iCube-Qamar: tre passi del Pakistan.
Pneumonoultramicroscopicsilicovolcanoconiosisprecipitevolissimevolmenteantidisestablishmentarianismsupercalifragili è lunga.
Non c'è nessun nome in questa frase.
Roma, Roma, Roma.
The CNSA's chief, Zhang Kejian, isn't in Beijing.
Don't say “Suparco”; say SUPARCO, won't you?
PAKISTAN LAUNCHES PRSS-1 FROM JIUQUAN WITH CHINA'S HELP
pakistan's suparco launches a satellite from xichang, says xinhua
Pakistan Launches Remote Sensing Satellite From China
🛰️🛰️ Wow, GalaxySpace & MinoSpace did it!!! :-)
The Shanghai Academy of Spaceflight Technology (Sast), a unit of Casc, built it.
U.S. officials at the U.N. met Lt. Gen. Asim Munir.
O'Neill, MacDonald and Johnson-Freese wrote for SpaceNews.
SpaceChain's node flew on a Long March-2D (CZ-2D Y70).
AT&T, H&M and S.p.A. are odd; C++ and .NET too.
He paid £1,000, €900 or ¥7,000 -- about 1/2 of it.
e.g. i.e. etc. vs. Mr. Li vs Ms Wang
Résumé, naïve, café, coöperate, Brontë, Curaçao.
Xi met Li; Li met Ma; Ma met Xi.
Moin-ul-Haque and Anwaarul Haq Kakar flew Islamabad–Beijing—direct.
<b>Suparco</b> &amp; CNSA [1][2] {note} ~approx~ ^top^ `code`
@ISRO: #Chandrayaan3 landed at 18:04 IST ✅
No names in this sentence at all.
i ii iii IV V 3rd 4x4 mp3 G20 5G F-16 J-10C
100% of 2,000,000 in 1990s' money
Ⅳ ② ½ ٣ ৩ are numbers.
ALL CAPS ONE MORE TIME: ISHAQ DAR IN BEIJING
iPhone eBay McKinsey PhD PakSat BeiDou DeepSeek
x
The “People’s Liberation Army” (PLA) ‘said’ so.
In Wenchang, Hainan, the China Manned Space Agency (CMSA) waited.
Dr. Abdus Salam founded SUPARCO in Karachi in 1961.
Hello 你好 مرحبا שלום नमस्ते สวัสดี Привет.
Zhuque-3, Tianlong-3 and Long March 12A all flew in December.
""".strip("\n").splitlines()


def texts():
    """The texts, with the escapes for invisible characters resolved."""
    for line in ODD:
        for name, ch in (("\\u00a0", "\u00a0"), ("\\u200b", "\u200b"), ("\\u00ad", "\u00ad"),
                         ("\\u0300", "\u0300"), ("\\t", "\t"), ("\\n", "\n"), ("\\r", "\r")):
            line = line.replace(name, ch)
        yield line
