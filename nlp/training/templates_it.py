"""Italian template sentences for domain.py, written for this project. See templates_en.py."""

TEMPLATES = """
[IL_PAIR] ha annunciato il lancio del satellite [SAT] dal centro di [SITE].
[IL_AG] e l'[ACR] hanno firmato un accordo a [CITY] per lo sviluppo di [SAT].
Secondo la [ACR], il razzo [ROCKET] è decollato da [SITE] alle 11:12 ora locale.
Il satellite pakistano [SAT] è stato messo in orbita con un vettore [ROCKET] partito da [SITE].
Il premier pakistano [PER] si è congratulato con gli scienziati della [ACR].
«È una pietra miliare per [IL_STATE]», ha detto [PER], portavoce [DI_AG].
Il ministro degli Esteri [PER] è arrivato a [CITY] per incontrare il collega [PER].
Lo riferisce l'agenzia [MEDIA], che cita fonti [DI_AG].
[CITY], 17 gen. ([MEDIA]) - [IL_STATE] ha lanciato il satellite [SAT].
Nel quadro del [PROG], [CO] fornirà le antenne alla [ACR].
La società cinese [CO] ha lanciato tre satelliti per conto [DI_STATE].
L'intesa tra [CO] e [CO] prevede la costruzione di una stazione di terra a [CITY].
[PER], analista [DI_STATE] presso [TT], ritiene che l'accordo preoccupi [IL_STATE].
«Non è una sorpresa», spiega [PER] di [TT], «che [CITY] guardi con sospetto a [CITY]».
Il programma [PROG] coinvolge [IL_STATE], [IL_STATE] e [IL_STATE].
I primi astronauti pakistani saliranno sulla stazione [PROG] entro il 2026, ha scritto [MEDIA].
[PER] e [PER] si addestrano nel centro di [CITY] assieme agli astronauti cinesi.
Il lancio del [ROCKET] da [SITE] è stato seguito in diretta da [MEDIA].
[DI_STATE] si parla poco, ma l'[ACR] collabora da anni con [CO].
All'[UNI] è stato inaugurato un laboratorio finanziato [DA_AG].
I ricercatori dell'[UNI] hanno ricevuto i dati di [SAT].
La sonda [SAT] porta a bordo un piccolo satellite costruito dall'[UNI].
[PER] ([TT]): «[IL_STATE] non può restare indietro».
Il generale [PER] ha visitato la base di [SITE], in [REG].
Le immagini di [SAT] serviranno a sorvegliare le piene nel [REG] e nel [REG].
Il [PROG] attraversa il [REG] e arriva fino al porto di [CITY].
La delegazione guidata da [PER] è stata ricevuta al [MIN].
[MIN] e [MIN] non hanno commentato la notizia pubblicata da [MEDIA].
L'ambasciatore [PER] ha parlato dei rapporti fra [CITY] e [CITY].
Per [IL_STATE] si tratta del terzo satellite in un anno dopo [SAT] e [SAT].
La [ACR] (l'agenzia spaziale pakistana) ha diffuso una nota nella serata di ieri.
Il vertice della [ACR] si terrà a [CITY] il prossimo 5 maggio.
Il presidente [PER] ha telefonato al primo ministro [PER].
[LAST] ha ricordato che [IL_STATE] e [IL_STATE] cooperano nello spazio dal 1990.
Secondo [LAST], il contratto con [CO] vale 400 milioni di dollari.
Dal [SITE] è partito un [ROCKET] con a bordo [SAT], [SAT] e altri due satelliti.
La costellazione [SAT] sarà completata da [CO] entro il 2030.
L'export di tecnologia [A_STATE] è vietato dal [MIN].
Le sanzioni [DI_STATE] colpiscono anche [CO] e [CO].
[IN_STATE] il progetto [PROG] ha suscitato molte critiche.
L'accordo è stato siglato a margine del forum di [CITY] da [PER] per [IL_AG].
Ad aprile [CO] ha fornito [A_STATE] il satellite ottico [SAT].
Il direttore [DI_AG], [PER], ha incontrato a [CITY] i vertici di [CO].
Dell'intesa ha dato notizia [MEDIA]: [ACR], [ACR] e [ACR] lavoreranno insieme.
Nell'orbita bassa [IL_STATE] schiera già [SAT], scrive [PER] su [MEDIA].
È quanto emerge da un rapporto di [TT] curato da [PER] e [PER].
L'analista italiano [PER] ha scritto per [MEDIA] un lungo articolo su [PROG].
La cooperazione sino-pakistana nello spazio, dal [SAT] al [SAT], dura da trent'anni.
Anche [CO], con sede a [CITY], parteciperà alla missione [SAT].
Il missile [ROCKET] è stato provato nel poligono di [SITE].
Che cosa cerca [CITY] nel [REG]? La risposta di [PER], docente all'[UNI].
[IL_STATE] ha chiesto [A_STATE] di condividere i dati di [SAT].
Nel comunicato congiunto [PER] e [PER] citano il [PROG] e la missione [SAT].
Un portavoce del [MIN], [PER], ha smentito le indiscrezioni di [MEDIA].
(fonte: [MEDIA], [MEDIA])
La base di [SITE] si trova a circa 1.600 chilometri da [CITY].
Il quotidiano pakistano [MEDIA] riporta le parole di [LAST].
Gli ingegneri [DI_AG] si sono formati a [CITY] e a [CITY].
Torna a parlare [PER]: «L'[ACR] ha fatto un buon lavoro, ora tocca [A_STATE]».
Tra i relatori [PER] ([UNI]), [PER] ([ACR]) e [PER] ([CO]).
[UP_CITY] - [IL_STATE] e [IL_STATE] rafforzano la cooperazione spaziale.
Il Consiglio direttivo [DI_PAIR] si è riunito ieri a [CITY].
L'ex capo [DI_PAIR] [PER] è oggi consulente di [CO].
La [ACR] comprerà da [CO] due satelliti gemelli di [SAT].
Quest'anno il [ROCKET] ha già volato sei volte, sempre da [SITE].
La galassia fotografata dal telescopio: lo studio dell'[UNI] con [IL_AG].
Sull'asse [CITY]-[CITY] pesa l'ombra [DI_STATE].
La linea [CITY]-[CITY] passa per lo spazio, osserva [TT].
A [CITY] il vicepresidente di [CO], [PER], ha illustrato il piano [PROG].
In [REG] sono state avvistate parti del razzo [ROCKET].
""".strip().splitlines()
