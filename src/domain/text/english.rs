//! English words by role. Data; folded, without apostrophes (`dont`), `i'm` reads as `i` `m`.

use super::roles::*;

/// Words that stand in every other sentence.
pub(super) fn is_everyday(word: &str) -> bool {
    const OTHERS: &str =
        "still again as all no so up or out right how any now time just like get good see say one know no";
    let everyday = ENGLISH | YES | CAN | BE | NOT | I | YOU | THIS | HELP | LINK;
    let is_in = |words: &str| words.split_ascii_whitespace().any(|known| known == word);
    is_in(OTHERS) || REQUEST.iter().any(|(roles, words)| roles & everyday != 0 && is_in(words))
}

/// Words that ask for a person, or veto it.
pub(super) const REQUEST: &[(Roles, &str)] = &[
    (
        TALK,
        "talk talking talkin speak speaking chat chatting connect connecting connected contact contacting transfer \
         transferring transferred reach reaching redirect redirected converse conversing communicate communicating \
         discuss escalate escalated forward forwarded direct directed refer conversation",
    ),
    (
        BRING,
        "get getting give giving put putting take send sending call calling bring pass switch patch hand go have see find",
    ),
    (TRANSFER, "transfer transferred connect connected redirect patch"),
    (
        STAFF,
        "human humans agent agents representative representatives representitive reps rep operator operators supervisor \
         supervisors manager managers csr csrs advisor advisors adviser advisers receptionist specialist consultant \
         associate teammate superior staff attendant superiors management executive executives",
    ),
    (
        BARE,
        "human agent representative operator supervisor rep csr receptionist manager advisor adviser humans",
    ),
    (
        PERSON,
        "person people persons guy man woman lady individual employee employees member being expert master boss clerk colleague assistant",
    ),
    (SOMEONE, "someone somebody anyone anybody someones"),
    (SERVICE, "service services support care helpdesk desk line"),
    (CUSTOMER, "customer customers client tech technical human cust member help"),
    (REAL, "real live actual human physical living genuine proper breathing alive actually competent"),
    (
        WANT,
        "want wants need needs wanna require request requesting demand demanding prefer gimme insist wish wanted",
    ),
    (STILL, "still"),
    (LIKE, "like love"),
    (WOULD, "would d id rather"),
    (
        BOT,
        "bot bots robot robots machine machines computer computers chatbot chatbots ai automated robo algorithm robotic",
    ),
    (NOT, "not dont no never without doesnt wont wouldnt didnt isnt arent nobody stop donot dnt"),
    (
        REFUSE,
        "hate sick tired stop despise dislike cant not dont no enough never done cannot instead wont refuse",
    ),
    (
        DESCRIBES,
        "a an the any some real live actual human physical living genuine proper one another different other else your \
         customer service support care sales help technical tech fucking goddamn damn bloody freaking fricking flipping \
         godamn actually competent available online senior higher up level qualified trained nice good better more \
         this that of breathing alive smarter manual local english speaking nearest in-house company team department \
         relations account chat bank store floor duty charge an's ur appropriate relevant",
    ),
    (
        LINK,
        "me us to with through over by via directly straight right immediately now please in touch hold of on into \
         touch back you u up and instead also just w for from",
    ),
    (ME, "me us"),
    (I, "i we im ive"),
    (YOU, "you u ya youre ur yall"),
    (BE, "am are is r was were be m re s im youre arent isnt"),
    (CAN, "can could may might would will shall able possible let how"),
    (CANNOT, "cant cannot couldnt unable couldn"),
    (KNOW, "know why how understand see sure get find mind"),
    (THERE, "there here"),
    (THIS, "this it that he she these they"),
    (PLEASE, "please pls plz plss now asap immediately thanks thank urgently kindly today pleaseee"),
    (
        YES,
        "yes yeah yep yup sure ok okay y ya yea absolutely definitely certainly alright fine course agreed correct \
         perfect great go ahead do it that lets",
    ),
    (GREETING, "hi hello hey good morning evening afternoon dear greetings thanks thank"),
    (MINE, "my his her their our its mine whose"),
    (
        COMPOUND,
        "travel travelling estate virtual property account insurance booking bank finance hedge fund project product \
         program password file task boarding secret cleaning chemical chemistry free tour window package case sales \
         two three four five many several other double per in every each third first second which crypto tax",
    ),
    (
        AFTER,
        "like resources resource error ids id console portal fee fees commission login app dashboard code codes center \
         centers name names number numbers phone email mail address hours rights trafficking anatomy readable body race \
         nature behavior behaviour loan loans charge charges tool tools mode training animal interface system \
         assistance's version intelligence suite suites room rooms lounge class",
    ),
    (
        MONEY,
        "money funds fund payment payments cash dollars rupees amount balance card cash bitcoin usd eur file files data points",
    ),
    (WILL, "ll will gonna"),
    (TRY, "try"),
    (ESCALATE, "escalate escalating escalated escalation"),
    (SKIP, "skip bypass avoid"),
    (MENU, "menu menus prompts options ivr bot robot machine"),
    (KEY, "press type reply dial enter tap click"),
    (HELP, "help assistance assist helping response support answer"),
    (JOIN, "but so because since then cause although though however and or"),
    (IF, "if when whether unless"),
    (
        ENGLISH,
        "the i you to my is it and of for this that have do can your what how with was are not but be am im ive dont \
         please would want need there when where will just get they we he she has had did me on if at about from",
    ),
];
