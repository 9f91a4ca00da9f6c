//! Words that ask for a person, by language. Data; folded, a stem ends in `-`.

use super::phrases::Meaning;
use super::roles::*;

/// One language.
pub(super) struct Table {
    /// ISO 639-1.
    pub(super) code: &'static str,
    pub(super) words: &'static [(Roles, &'static str)],
    pub(super) phrases: &'static [(Meaning, &'static str)],
}

/// A language that is matched by substring; patterns are separated by `|`.
pub(super) struct UnspacedTable {
    pub(super) code: &'static str,
    pub(super) words: &'static [(Roles, &'static str)],
}

const COMMON_BOT: &str =
    "bot bots chatbot chatbots robot robots robotern roboter computer computern ki ia ai";

pub(super) const TABLES: &[Table] = &[
    Table {
        code: "de",
        words: &[
            (
                STAFF | BARE,
                "mensch menschen mitarbeiter mitarbeiterin mitarbeitern kundendienst kundenservice kundenbetreuer kundenberater \
                 kundenbetreuung ansprechpartner berater beraterin vorgesetzte vorgesetzten servicemitarbeiter support-team \
                 agent agenten supervisor sachbearbeiter sachbearbeiterin kollegen hotline",
            ),
            (PERSON, "person personen"),
            (SOMEONE, "jemand jemandem jemanden irgendjemand irgendjemandem wer"),
            (SERVICE, "service dienst dienste support hilfe"),
            (REAL, "echt- menschlich- lebendig- richtig- wirklich- real- manuell- leibhaftig-"),
            (
                TALK,
                "sprechen sprecht sprich reden verbinden verbinde verbindet verbindest weiterleit- weitergeleitet durchstell- \
                 kontakt- kontaktieren unterhalten telefonieren ubergeben chatten schreiben erreichen anrufen wenden",
            ),
            (
                WANT,
                "will mochte mochten brauche brauchen hatte wollen wunsche verlange bitte gib geben gebt hol holen benotige",
            ),
            (CAN, "kann konnte konnen kannst konnt durfte darf"),
            (THERE, "gibt ist da erreichbar"),
            (BE, "bist sind spreche rede seid"),
            (NOT, "nicht kein keine keinen keinem keiner nie ohne"),
            (KNOW, "weiss warum wie wieso wo"),
            (REFUSE, "hasse nicht kein keine keinen keinem"),
            (LIKE, "mag"),
            (BOT, COMMON_BOT),
            (BOT, "maschine maschinen automat automaten ansage sprachcomputer"),
            (DESCRIBES, "ein eine einen einem einer der die das den dem zum zur mit von vom"),
            (PLEASE, "bitte danke sofort jetzt"),
            (YES, "ja jawohl gerne gern klar okay ok einverstanden"),
            (MINE, "mein meine meinem meinen meiner ihrem seinem"),
            (
                INSULT,
                "idiot idioten arschloch dumm blod schwachsinn scheisse scheiss verarschen verarscht betruger",
            ),
            (
                BAD,
                "furchtbar schrecklich unverschamt unverschamtheit frechheit katastrophe lacherlich wutend sauer mist nutzlos",
            ),
            (SOUR, "schlecht falsch problem fehler leider enttauscht argerlich nervt kaputt unmoglich"),
            (GOOD, "super prima toll gut perfekt klasse"),
            (POLITE, "danke dankeschon bitte vielen"),
        ],
        phrases: &[
            (
                Meaning::Danger,
                "mich umbringen
umbringen
selbstmord
suizid
will sterben
nicht mehr leben
mir das leben nehmen
bring dich um
bringe dich um
bringe euch um
bombe gelegt
notarzt
krankenwagen
es brennt
gasgeruch",
            ),
            (
                Meaning::Complaint,
                "das habe ich nicht gefragt
danach habe ich nicht gefragt
das war nicht meine frage
verstehst du mich nicht
du verstehst mich nicht
sie verstehen mich nicht
so ein mist
eine frechheit",
            ),
            (
                Meaning::Impatience,
                "habe ich schon gesagt\nhabe ich bereits gesagt\nschon wieder\nzum dritten mal\nimmer noch",
            ),
            (
                Meaning::Failure,
                "funktioniert nicht
funktioniert immer noch nicht
geht nicht
geht immer noch nicht
klappt nicht
immer noch nicht
hat nicht geholfen
der gleiche fehler",
            ),
        ],
    },
    Table {
        code: "es",
        words: &[
            (
                STAFF | BARE,
                "human- agente agentes operador- asesor- representante representantes encargad- supervisor- gerente ejecutivo \
                 ejecutiva tecnico responsable jefe",
            ),
            (PERSON, "persona personas gente"),
            (SOMEONE, "alguien"),
            (SERVICE, "servicio atencion soporte ayuda asistencia"),
            (CUSTOMER, "cliente clientes tecnico usuario"),
            (REAL, "real reales verdad verdader- human- carne vivo viva autentic-"),
            (
                TALK,
                "hablar hable hablame hablarle habla contact- comunic- conect- transfer- transfier- pasame paseme pasarme \
                 pase pasen derivar derivame derive atend- atiend- comuniqueme poneme ponme pongame charlar chatear llamar",
            ),
            (WANT, "quier- quisiera necesit- gustaria deseo prefier- exijo dame deme solicito pido busco"),
            (CAN, "puedo puede pueden puedes podria podrian podemos como"),
            (THERE, "hay"),
            (BE, "eres sois estoy"),
            (NOT, "no sin nunca ningun ninguna"),
            (KNOW, "se porque por"),
            (REFUSE, "odio harto harta no"),
            (BOT, COMMON_BOT),
            (BOT, "maquina maquinas ordenador automatico automatica grabacion contestadora"),
            (DESCRIBES, "un una el la los las algun alguna otro otra de del al con su lo por"),
            (PLEASE, "favor gracias ahora ya porfavor"),
            (YES, "si vale claro ok okay bueno adelante"),
            (MINE, "mi mis"),
            (
                INSULT,
                "idiota idiotas imbecil estupido estupida inutil inutiles mierda ladrones estafadores tonto gilipollas pendejo",
            ),
            (
                BAD,
                "terrible horrible pesimo pesima ridiculo inaceptable verguenza estafa fraude furioso asco porqueria",
            ),
            (SOUR, "mal mala malo problema error molesto enojado frustrado decepcionado falla roto queja"),
            (GOOD, "genial perfecto excelente bueno buena bien gracias"),
            (POLITE, "gracias favor"),
        ],
        phrases: &[
            (
                Meaning::Danger,
                "matarme
suicidarme
suicidio
quitarme la vida
quiero morir
no quiero vivir
te voy a matar
los voy a matar
voy a matarte
hacerme dano
una bomba
una ambulancia
me esta pegando
fuga de gas",
            ),
            (
                Meaning::Complaint,
                "eso no es lo que pregunte\nno es lo que pregunte\nno me entiendes\nno entiendes\nno me sirve\nperdida de tiempo",
            ),
            (
                Meaning::Impatience,
                "ya te dije\nya le dije\nya lo dije\notra vez\npor tercera vez\ncuantas veces",
            ),
            (
                Meaning::Failure,
                "sigue sin funcionar\nno funciona\ntodavia no\nsigue igual\nno funciono\nmismo error",
            ),
        ],
    },
    Table {
        code: "fr",
        words: &[
            (
                STAFF | BARE,
                "humain humains humaine conseiller conseillere conseillers agent agents operateur operatrice responsable \
                 superviseur technicien representant interlocuteur employe manager",
            ),
            (PERSON, "personne personnes gens"),
            (SOMEONE, "quelqu quelquun qq1"),
            (SERVICE, "service services support assistance aide"),
            (CUSTOMER, "client clients clientele technique"),
            (REAL, "vrai vraie vrais vraies reel reelle reels humain humains humaine vivant physique"),
            (
                TALK,
                "parler parlez discuter contacter contactez joindre transfer- passer passez passe mettre relation \
                 appeler rediriger redirigez echanger connecter connectez communiquer",
            ),
            (WANT, "veux voudrais besoin aimerais souhaite prefere veut donnez demande exige faut"),
            (CAN, "peux puis pouvez pourrais pourriez possible peut comment"),
            (THERE, "y il avez"),
            (BE, "etes"),
            (NOT, "ne pas sans jamais"),
            (KNOW, "sais pourquoi comment"),
            (REFUSE, "deteste marre pas ne"),
            (BOT, COMMON_BOT),
            (BOT, "machine machines ordinateur automate repondeur"),
            (DESCRIBES, "un une le la les des du de d l au a avec votre autre"),
            (PLEASE, "plait svp stp merci maintenant s il vous te"),
            (YES, "oui ouais ok okay volontiers accord d bien sur"),
            (MINE, "mon ma mes son sa"),
            (
                INSULT,
                "idiot idiote idiots imbecile connard connasse debile merde voleurs escrocs nul nuls abruti con",
            ),
            (
                BAD,
                "horrible terrible inadmissible inacceptable honte honteux scandaleux arnaque ridicule furieux catastrophe",
            ),
            (SOUR, "mal mauvais mauvaise probleme erreur decu decue enerve enervant panne faux plainte"),
            (GOOD, "super parfait excellent genial bien merci"),
            (POLITE, "merci svp plait"),
        ],
        phrases: &[
            (
                Meaning::Danger,
                "me tuer
me suicider
suicide
envie de mourir
mettre fin a mes jours
je vais te tuer
je vais vous tuer
une bombe
une ambulance
me faire du mal
fuite de gaz",
            ),
            (
                Meaning::Complaint,
                "ce n est pas ma question\npas ce que j ai demande\nvous ne comprenez pas\ntu ne comprends pas\nperte de temps",
            ),
            (
                Meaning::Impatience,
                "je vous ai deja dit\nj ai deja dit\ndeja dit\nencore une fois\nca fait des heures",
            ),
            (
                Meaning::Failure,
                "ne marche pas\nmarche toujours pas\nne fonctionne pas\nfonctionne toujours pas\ntoujours pas\nmeme erreur",
            ),
        ],
    },
    Table {
        code: "pt",
        words: &[
            (
                STAFF | BARE,
                "human- atendente atendentes operador- consultor- supervisor- gerente agente agentes representante responsavel",
            ),
            (PERSON, "pessoa pessoas gente"),
            (SOMEONE, "alguem"),
            (SERVICE, "atendimento suporte servico ajuda"),
            (CUSTOMER, "cliente clientes tecnico consumidor"),
            (REAL, "real reais verdade human- verdadeir- viva"),
            (
                TALK,
                "falar fale conversar transferir transfere transfira passar passa encaminh- chama- contat- ligar conectar",
            ),
            (WANT, "quero queria gostaria preciso prefiro desejo"),
            (CAN, "posso pode poderia como"),
            (THERE, "tem ha existe"),
            (BE, "voce estou"),
            (NOT, "nao sem nunca"),
            (KNOW, "sei porque"),
            (REFUSE, "odeio cansei nao"),
            (BOT, COMMON_BOT),
            (BOT, "maquina robo robos computador"),
            (DESCRIBES, "um uma o a os as com ao do da de algum alguma outro outra por pra para"),
            (PLEASE, "favor obrigado obrigada agora por"),
            (YES, "sim claro ok pode quero"),
            (MINE, "meu minha"),
            (INSULT, "idiota idiotas burro imbecil merda porra lixo ladroes inutil"),
            (BAD, "terrivel horrivel pessimo pessima ridiculo absurdo vergonha golpe fraude"),
            (SOUR, "ruim mal problema erro chateado decepcionado"),
            (POLITE, "obrigado obrigada favor"),
        ],
        phrases: &[
            (Meaning::Danger, "me matar\nsuicidio\nquero morrer\nvou te matar\nambulancia\numa bomba"),
            (Meaning::Failure, "nao funciona\nnao funcionou\nainda nao\ncontinua igual"),
        ],
    },
    Table {
        code: "it",
        words: &[
            (
                STAFF | BARE,
                "umano umana umani operatore operatrice operatori consulente addetto responsabile supervisore agente rappresentante",
            ),
            (PERSON, "persona persone"),
            (SOMEONE, "qualcuno"),
            (SERVICE, "servizio assistenza supporto aiuto"),
            (CUSTOMER, "cliente clienti tecnica"),
            (REAL, "real- vero vera veri umano umana carne"),
            (
                TALK,
                "parlare parla contatt- passa passami passare passatemi colleg- trasfer- mettermi chiamare comunicare",
            ),
            (WANT, "vogli- vorrei bisogno preferi- desidero dammi datemi"),
            (CAN, "posso puo puoi potrei potete come"),
            (THERE, "c ce ci sono e'"),
            (BE, "sei sto siete"),
            (NOT, "non senza mai"),
            (KNOW, "so perche"),
            (REFUSE, "odio stufo non"),
            (BOT, COMMON_BOT),
            (BOT, "macchina macchine"),
            (DESCRIBES, "un una uno il lo la l i e con al proprio propria di altro altra"),
            (PLEASE, "favore per grazie subito ora"),
            (YES, "si certo ok va bene"),
            (MINE, "mio mia"),
            (INSULT, "idiota idioti stupido stupida cretino imbecille merda ladri cazzo"),
            (BAD, "terribile orribile pessimo vergogna ridicolo inaccettabile truffa"),
            (SOUR, "male problema errore deluso delusa"),
            (POLITE, "grazie favore"),
        ],
        phrases: &[
            (
                Meaning::Danger,
                "uccidermi\nsuicidio\nvoglio morire\nti ammazzo\nvi ammazzo\nambulanza\nuna bomba",
            ),
            (Meaning::Failure, "non funziona\nancora non\nnon ha funzionato\nstesso errore"),
        ],
    },
    Table {
        code: "nl",
        words: &[
            (
                STAFF | BARE,
                "mens mensen medewerk- klantenservice klantendienst collega adviseur manager leidinggevende",
            ),
            (PERSON, "persoon personen"),
            (SOMEONE, "iemand"),
            (SERVICE, "service dienst"),
            (CUSTOMER, "klanten klant"),
            (REAL, "echt- menselijk- levend- werkelijk-"),
            (
                TALK,
                "spreken spreek praten verbind- doorverbind- verbonden doorverbonden contact bellen chatten",
            ),
            (WANT, "wil graag wilde moet nodig liever geef"),
            (CAN, "kan mag kunt kun"),
            (THERE, "er"),
            (BE, "ben bent praat"),
            (NOT, "niet geen nooit zonder"),
            (KNOW, "weet waarom hoe"),
            (REFUSE, "haat geen niet"),
            (BOT, COMMON_BOT),
            (BOT, "machine"),
            (DESCRIBES, "een de het met naar van"),
            (PLEASE, "alstublieft aub nu graag"),
            (YES, "ja graag prima oke ok"),
            (MINE, "mijn"),
            (INSULT, "idioot idioten stom klootzak oplichters"),
            (BAD, "verschrikkelijk belachelijk schandalig waardeloos"),
            (POLITE, "dank bedankt alstublieft"),
        ],
        phrases: &[
            (Meaning::Danger, "zelfmoord\nmezelf doden\nwil dood\nik vermoord je\nambulance nodig"),
            (Meaning::Failure, "werkt niet\nwerkt nog steeds niet\nnog steeds niet\ndoet het niet"),
        ],
    },
    Table {
        code: "pl",
        words: &[
            (
                STAFF | BARE,
                "czlowiek- konsultant- pracowni- doradc- moderator- operator- kierowni- ludzie ludzi agent- przedstawiciel-",
            ),
            (PERSON, "osob-"),
            (SOMEONE, "kims kogos ktos"),
            (SERVICE, "obslug- wsparci- pomoc-"),
            (CUSTOMER, "klient-"),
            (REAL, "prawdziw- zyw- ludzk- ludzie ludzi"),
            (TALK, "rozmawiac porozmawiac pogadac polacz- przelacz- kontakt- skontakt- przekier- zadzwonic"),
            (BRING, "daj dajcie poprosze zawolaj"),
            (WANT, "chc- chcial- potrzebuj- prosze wole"),
            (CAN, "moge mozesz mozna moglbym jak"),
            (THERE, "sa jest"),
            (BE, "jestes rozmawiam"),
            (NOT, "nie bez nigdy"),
            (KNOW, "wiem dlaczego"),
            (REFUSE, "nienawidze nie"),
            (LIKE, "lubie"),
            (BOT, COMMON_BOT),
            (BOT, "maszyn- botem robotem toba automat-"),
            (DESCRIBES, "z ze na do dzial dzialem jakis jacys jakas tu mnie"),
            (PLEASE, "prosze teraz"),
            (YES, "tak dobrze ok"),
            (MINE, "moj moja moim"),
            (INSULT, "idiota idioci debil kretyn kurwa gowno oszusci zlodzieje"),
            (BAD, "okropn- straszn- skandal zalosne masakra"),
            (POLITE, "dziekuje dzieki prosze"),
        ],
        phrases: &[
            (Meaning::Danger, "zabic sie\nzabije sie\nsamobojstwo\nchce umrzec\nzabije cie\nkaretke"),
            (Meaning::Failure, "nie dziala\nnadal nie\nwciaz nie\ndalej nie"),
        ],
    },
    Table {
        code: "tr",
        words: &[
            (STAFF | BARE, "insan- temsilci- operator- yetkili- danisman- musteri"),
            (SOMEONE, "biri- birisi- kisi-"),
            (SERVICE, "hizmet-"),
            (CUSTOMER, "musteri"),
            (REAL, "gercek canli"),
            (TALK, "konus- gorus- bagla- aktar-"),
            (WANT, "istiyor- lazim isterim"),
            (THERE, "var"),
            (BE, "misin musun"),
            (NOT, "istemiyor- degil"),
            (BOT, COMMON_BOT),
            (DESCRIBES, "bir ile"),
            (PLEASE, "lutfen"),
            (YES, "evet"),
        ],
        phrases: &[(Meaning::Danger, "intihar")],
    },
    Table {
        code: "id",
        words: &[
            (STAFF | BARE, "manusia agen petugas cs admin staf operator"),
            (PERSON, "orang"),
            (SOMEONE, "seseorang"),
            (SERVICE, "service layanan"),
            (CUSTOMER, "customer pelanggan"),
            (REAL, "asli nyata"),
            (TALK, "bicara berbicara ngomong chat hubungi hubungkan sambungkan"),
            (WANT, "mau ingin butuh tolong minta bantuan"),
            (CAN, "bisa"),
            (THERE, "ada"),
            (BE, "apakah kamu"),
            (NOT, "tidak jangan bukan"),
            (BOT, COMMON_BOT),
            (DESCRIBES, "dengan ke sama yang"),
            (PLEASE, "tolong dong"),
            (YES, "ya iya"),
        ],
        phrases: &[(Meaning::Danger, "bunuh diri")],
    },
    Table {
        code: "ru",
        words: &[
            (
                STAFF | BARE,
                "человек- оператор- менеджер- сотрудник- специалист- админ- консультант- поддержк- начальник- людьми",
            ),
            (SOMEONE, "кем-нибудь кем кого"),
            (REAL, "жив- настоящ- реальн-"),
            (
                TALK,
                "поговор- говорить соедин- переключ- перевед- переведите свяж- связаться позов- передать общаться",
            ),
            (WANT, "хочу нужен нужна можно дайте прошу хотел хотела"),
            (CAN, "могу можно можете как"),
            (THERE, "есть"),
            (BE, "ты вы говорю"),
            (NOT, "не без"),
            (REFUSE, "ненавижу не"),
            (BOT, "бот- робот- машин-"),
            (DESCRIBES, "с со на к"),
            (PLEASE, "пожалуйста"),
            (YES, "да хорошо ок"),
            (INSULT, "идиот- дебил- тупой тупые мошенник-"),
        ],
        phrases: &[
            (Meaning::Danger, "покончить с собой\nубить себя\nсамоубийств\nя тебя убью\nхочу умереть"),
            (Meaning::Failure, "не работает\nвсе еще не"),
        ],
    },
    Table {
        code: "hi",
        words: &[
            (STAFF | BARE, "इंसान एजेंट प्रतिनिधि insaan agent manager staff bande banda executive"),
            (SOMEONE, "किसी kisi koi"),
            (REAL, "असली asli"),
            (TALK, "बात कनेक्ट baat connect milwa- bat"),
            (WANT, "चाहता चाहती करनी करवा करना karni karao karwao krvado karwa karna krni chahiye"),
            (BE, "क्या kya aap"),
            (NOT, "नहीं nahi mat"),
            (BOT, "बॉट रोबोट"),
            (BOT, COMMON_BOT),
            (DESCRIBES, "से se mujhe मुझे"),
            (YES, "हाँ haan"),
        ],
        phrases: &[],
    },
];

pub(super) const UNSPACED: &[UnspacedTable] = &[
    UnspacedTable {
        code: "zh",
        words: &[
            (STAFF, "人工|真人|客服|专员|经理|主管|支持"),
            (PERSON | REAL, "真实的人|真正的人|人类|活人"),
            (PERSON, "一个人|有人"),
            (TALK, "转|找|联系|接|谈|聊|说话|说"),
            (WANT, "要|需要|换|想"),
            (THERE, "有什么|有没有|有"),
            (BE, "你是|您是|人工智能"),
            (NOT, "不要|别|不用|不想"),
            (BOT, "机器人|机器"),
        ],
    },
    UnspacedTable {
        code: "ja",
        words: &[
            (STAFF, "オペレーター|担当者|人間|有人|スタッフ|上司|担当の方"),
            (TALK, "話|つな|繋|代わ|呼ん|連絡"),
            (WANT, "お願い|たい|ください"),
            (BE, "あなたは|人間ですか|ですか"),
            (NOT, "必要ありません|たくない|ないで"),
            (BOT, "ロボット|ボット|機械"),
        ],
    },
    UnspacedTable {
        code: "ko",
        words: &[
            (STAFF, "상담원|상담사|상담직원|담당자|사람|직원|매니저|관리자|책임자|고객센터"),
            (TALK, "연결|통화|말하|말씀|얘기|이야기|대화|바꿔|바꾸|상담하|상담받|불러"),
            (WANT, "원해|원합니다|싶어|싶습니다|싶은|필요해|필요합니다|주세요|부탁|해줘|해주"),
            (THERE, "있나요|있어요|있습니까|계신가요"),
            (REAL, "진짜|실제"),
            (BE, "사람인가요|사람이에요|사람입니까|사람이야|사람이니|당신은"),
            (NOT, "필요 없|필요없|싶지 않|싶지않|하지 마|하지마|연결하지"),
            (REFUSE, "싫|말고"),
            (BOT, "로봇|챗봇|봇|기계|자동응답"),
        ],
    },
    UnspacedTable {
        code: "vi",
        words: &[
            (STAFF, "nhân viên|người thật|tư vấn viên|tổng đài|cskh|quản lý"),
            (TALK, "gặp|nói chuyện|liên hệ|kết nối|chuyển"),
            (WANT, "muốn|cần|cho tôi"),
            (THERE, "có ai"),
            (REAL, "thật"),
            (BE, "bạn là|có phải"),
            (NOT, "không muốn|đừng|không cần"),
            (BOT, "robot|máy"),
        ],
    },
];
