//! Function words of Italian, English and the languages that are taken for them.

/// Words that carry grammar, the commonest first. Lower case; a word may stand under several languages.
pub(crate) const WORDS: &[(&str, &str)] = &[
    (
        "eng",
        "the of and to in is that was for with it on as be are this by have from not they at he she his her had were \
         been will would there their what which who when we you your my me him them has its an or but if all can no \
         more so do did does about into out up than then some could should other these those after over how because \
         i'm don't it's i a where why our us just like also only most any very much many may must being such through \
         between before under says said new",
    ),
    (
        "ita",
        "di che è la il un a per in una sono con del della non si da dei nel alla più gli le al delle come ma anche \
         questo dal dalla lo su ha i e o l dell nell all dall un' sull quest degli nella nelle negli nei ai agli alle \
         dai dagli dalle sul sulla sui sulle ed se cui ci mi ti ne era stato stata stati hanno essere suo sua suoi sue \
         quello quella questa questi perché quando dove chi cosa tutto tutti molto ho abbiamo sia c'è c tra fra dopo \
         prima senza ancora già solo poi così fatto può sempre loro noi io tu lui lei voi ogni altri altre altro anni \
         oggi ieri nuovo nuova contro verso secondo durante",
    ),
    (
        "fra",
        "le la les de des du un une et est en que qui dans pour pas sur ce il elle au aux avec son sa ses par plus ne \
         se sont cette mais ou nous vous je d l qu n s c'est été leur ont été à être comme tout où y ces même aussi \
         fait deux sans peut ils elles lui moi toi était mon ma mes votre notre très bien entre quand",
    ),
    (
        "spa",
        "el la los las de del y que en un una es por con para no se su al lo como más pero sus le ya o este sí porque \
         esta entre cuando muy sin sobre también me hasta hay donde quien desde todo nos durante todos uno les ni \
         contra otros ese eso ante ellos e esto mí antes algunos qué unos yo otro otras otra él tanto esa estos mucho \
         quienes nada muchos cual son fue ha está ser tiene era",
    ),
    (
        "por",
        "o a os as de do da dos das em no na nos nas um uma e é que para com não por se mais como mas foi ao ele ela \
         tem à seu sua ou quando muito já eu também só pelo pela até isso entre depois sem mesmo aos ter seus quem me \
         esse eles você essa num nem suas meu às minha numa pelos elas qual nós lhe deles são está será pode",
    ),
    (
        "deu",
        "der die das und in den von zu mit sich des auf für ist im dem nicht ein eine als auch es an werden aus er hat \
         dass sie nach wird bei einer um am sind noch wie einem über einen so zum war haben nur oder aber vor zur bis \
         mehr durch man sein wurde ich wir ihr kann",
    ),
    (
        "nld",
        "de het een van en in is dat op te zijn voor met die niet aan er om ook als dan maar bij uit nog naar door over \
         ze hij wordt deze worden werd heeft hebben of was kan je ik we wij tot tegen veel meer dit geen al zo wat \
         hun haar",
    ),
    (
        "ron",
        "de și la în a cu pe din nu că este o un se care mai pentru sunt ce au al ale sau fost lui ca dar prin am fi \
         după către când până fără cel cea cele cei unui unei îi își le ei el ea lor noi dacă doar foarte acest această \
         să va",
    ),
    (
        "cat",
        "de la el i a que en els les un una per amb del no és al es com més dels va ser són seva aquest aquesta ha però \
         també hi ho o si des fins quan entre molt on les als pel seu ja han era sobre qui sense després li ens seus \
         només perquè l d s n",
    ),
    (
        "lat",
        "et in est non ad ut cum quod qui ex sed quae de si ab esse sunt atque nec per ac enim autem hoc eius quam \
         etiam aut nunc pro haec eum eo erat id neque ne te me se tibi mihi nobis quid quo tamen omnia fuit",
    ),
    (
        "dan",
        "og i at det er en til på de af den for ikke der som med et har han var jeg fra om men sig kan vi hun blev \
         skal ved eller vil mig efter også havde være over deres nu",
    ),
    (
        "nob",
        "og i det er på en til som av for at med ikke han de har den et var jeg fra om men seg kan vi hun ble skal ved \
         eller vil meg etter også hadde være over deres nå",
    ),
    (
        "swe",
        "och i att det är som en på av för med den till inte om har de ett han men var jag från vi så kan när hon ska \
         eller vid efter också hade vara över deras nu sig man",
    ),
    (
        "afr",
        "die van en in is het dat op te nie vir met 'n wat aan as ook hy sy word om by was deur ons hulle ek jy kan sal \
         maar na uit",
    ),
    ("epo", "la de kaj en estas al ne ke li por kun ĝi mi vi ili oni kiu estis pri sed el pli aŭ ĉiu tiu"),
    ("tgl", "ang ng sa na at mga ay ni si ko mo ito para hindi siya kung may niya nila ako ka"),
    ("ind", "yang dan di untuk dengan ini itu dari pada tidak adalah ke akan dalam oleh saya kami mereka"),
    ("zul", "ukuthi futhi uma kodwa"),
    ("cym", "y yr yn a i o ar mae wedi ac ei am fel oedd bod nid eu hi ond sydd gan"),
    (
        "sqi",
        "të e në dhe i një për me nga që është më se ka si u por janë ishte ne te per nje eshte qe kjo ky duke nuk ai ajo tij saj",
    ),
    ("sot", "ea ho le ba la e a ka ke ha tsa mo oa hore o se ya sa bo eo"),
    ("tsn", "ya go le ba a e ka ke mo wa kwa tsa fa gore o se bo sa ne"),
    ("mri", "te ki i ngā nga he o ka me kua e tō ko ai tēnei hoki mai nei ana atu hei"),
    ("yor", "ní ti ni àwọn awon sí náà fún láti pé jẹ́ ó wọ́n kan rẹ̀ tí si lati gbogbo"),
    ("eus", "eta da ez du bat ere zen dira dute izan baina egin den dela"),
    ("gle", "agus an na ar is a le go ag tá sé bhí ní sa i mar níl den leis"),
    ("pol", "i w na z do się nie to że jest o jak po za od przez ale dla są"),
    ("slk", "a v na sa je že to z s o ako do pre aj po nie som by"),
    ("ces", "a se v na je že to s z do o jako by ale k po"),
    ("slv", "in je v na se da za so z ki ne pa po tudi bi"),
    ("hrv", "i u je na se da za su od s ne a kao ili što"),
    ("aze", "və bu bir ilə üçün də da ki olan o ve ile"),
    ("tur", "ve bir bu da de için ile çok olan daha"),
    ("som", "iyo oo ka ku ee waa in uu la ay aan si"),
    ("swa", "na ya wa kwa ni katika za la kuwa yake hiyo"),
    ("lug", "mu ne ku oku era nga okuba abantu nti"),
    ("tso", "na ku ya ka hi leswaku va swi xi ni"),
    ("fin", "ja on ei se että hän oli ovat kuin mutta joka"),
    ("est", "ja on ei see et ta oli kui ka"),
    ("hun", "a az és hogy nem is egy meg de van"),
    ("vie", "và của là có trong được cho không các một"),
    ("msa", "yang dan di ini itu untuk dengan tidak pada ialah oleh telah"),
];

/// Endings that hardly any other language has, for words of five letters and more. They weigh less than words.
pub(crate) const ENDINGS: &[(&str, &[&str])] = &[
    (
        "eng",
        &[
            "tion", "tions", "ing", "ings", "ness", "ship", "ght", "ck", "ed", "ly", "ity", "ies", "er",
            "ers", "ght", "ous", "sh", "th",
        ],
    ),
    (
        "ita",
        &[
            "zione", "zioni", "mente", "ità", "gli", "glia", "glie", "cchi", "sse", "ando", "endo", "ato",
            "ati", "uto", "etto", "ette", "anza", "enza", "ggio", "ale", "ali", "ore", "ori",
        ],
    ),
];
