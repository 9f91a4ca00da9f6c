//! English words by role, and phrases by meaning. Data; folded, without apostrophes (`dont`), `i'm` reads as `i` `m`.

use super::phrases::Meaning;
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
    (HELP, "help assistance assist helping response support answer"),
    (JOIN, "but so because since then cause although though however and or"),
    (IF, "if when whether unless"),
    (
        ENGLISH,
        "the i you to my is it and of for this that have do can your what how with was are not but be am im ive dont \
         please would want need there when where will just get they we he she has had did me on if at about from",
    ),
];

/// Words of mood, worst last.
pub(super) const MOODS: &[(Roles, &str)] = &[
    (
        SOUR,
        "wrong problem problems issue issues unfortunately annoying annoyed confused confusing slow late delayed delay broken \
         fail failed failing fails error errors unable sad sorry bad unhappy complaint complain missing lost difficult hard \
         sucks suck damn hell poor unclear disappointing disappointed upset weird odd meh shame worse concern concerned \
         overcharged refuse refused refuses ignored ignoring ignore tired boring bored dislike hurt unfair crap crappy dumb \
         why whatever seriously lazy excuse excuses nonsense useless waste wasted wasting stuck hate hated bother bothered \
         lie lies lied lying lame cringe fault blame blamed disagree nope argument argue arguing nothing deserve deserved irrelevant creepy uncomfortable          disturbing barely anymore enough ruined illegal cheating offensive badly weak complaining complained lack lacking          pointless trouble unreasonable inconvenient inconvenience impossible incorrect mistake unacceptably delays doubts          worried worry scared stressed stress toxic rude ugly sick doubt hardly fake nobody never worst",
    ),
    (
        BAD,
        "terrible horrible awful ridiculous unacceptable frustrating frustrated frustration angry furious mad worst useless \
         pathetic hate disgusting disgusted disgrace disgraceful joke scam fraud liar liars stupid incompetent unbelievable \
         absurd outrageous insane garbage trash rubbish waste nonsense appalling atrocious dreadful rude insulting \
         unprofessional unhelpful worthless infuriating irritating irritated disappointment fed fuming livid bullshit bs \
         fucking fuck fucked wtf shit shitty goddamn hypocrite hypocrites racist disrespectful delusional miserable awfully pissed nasty ignorant obnoxious selfish anger fuckin          bloody trolling troll sexist racism gross evil hates foul hideous despicable sickening ludicrous insulted offended betrayed          shambles farce disaster nightmare hopeless clueless inept",
    ),
    (
        AWFUL,
        "fuming livid furious outrageous unacceptable ridiculous bullshit wtf disgusting pathetic appalling",
    ),
    (
        INSULT,
        "idiot idiots idiotic moron morons stupid dumb asshole assholes bitch bastard bastards cunt dick dickhead retard \
         retarded imbecile scum crook crooks thief thieves clown clowns loser losers dumbass jerk prick coward cowards \
         stfu ass trashy braindead",
    ),
    (
        IMPATIENT,
        "hurry asap seriously ugh ugghh whatever finally already again hello ffs omfg jeez geez sigh argh",
    ),
    (
        GOOD,
        "good great perfect excellent awesome wonderful nice helpful happy love loved glad amazing appreciate appreciated \
         fantastic cool lovely brilliant works worked fixed solved best enjoy fun funny lol haha beautiful congrats \
         congratulations proud hope interesting thankful yay welcome cute sweet agree excited favorite favourite lucky luck wow yay wonder curious hopefully          okay maybe bless hug hugs better relieved relief pleased pleasure delighted helped helps easy thrilled grateful enjoyed loves hilarious",
    ),
    (POLITE, "please pls thanks thank thankyou thx ty kindly appreciate cheers welcome"),
];

/// Phrases by meaning; one a line.
pub(super) const PHRASES: &[(Meaning, &str)] = &[
    (
        Meaning::Danger,
        "kill myself
killing myself
end my life
ending my life
take my own life
take my life
want to die
wanna die
wish i was dead
wish i were dead
better off dead
hurt myself
hurting myself
harm myself
harming myself
cut myself
cutting myself
self harm
suicide
suicidal
dont want to live
do not want to live
no reason to live
cant go on anymore
going to kill you
gonna kill you
will kill you
ill kill you
i ll kill you
kill you all
kill him
kill her
kill them
going to hurt you
gonna hurt you
i will hurt you
hurt someone
hurt somebody
shoot you
shoot up
blow up your
blow you up
bomb threat
have a bomb
have a gun
find where you live
know where you live
burn your
burn down
call an ambulance
need an ambulance
call 911
call 999
call 112
medical emergency
life threatening
heart attack
having a stroke
cant breathe
can not breathe
cannot breathe
being attacked
domestic violence
being abused
abuses me
beats me
hits me
raped
sexual assault
sexually assaulted
child abuse
overdosed
took an overdose
took too many pills
carbon monoxide
gas leak
smell gas
house is on fire
is on fire
caught fire
electric shock
electrocuted
human trafficking
terrorist attack",
    ),
    (
        Meaning::Complaint,
        "not what i asked
not what i said
not what i meant
not what i want
didnt ask that
not my question
didnt answer my question
did not answer my question
not answering my question
answer my question
answer the question
are you listening
are you even listening
are you even reading
you arent listening
not listening
you dont understand
do you not understand
you do not understand
dont you understand
you people
makes no sense
doesnt make sense
does not make any sense
waste of time
wasting my time
wasted my time
worst service
worst customer service
worst experience
bad service
terrible service
poor service
no help at all
not helping
not helpful
isnt helpful
isnt helping
arent helping
arent helpful
of no help
no use
give up
fed up
sick of
sick and tired
had enough
lost my patience
losing my patience
want my money back
never again
never use
never using
cancel everything
cancel my account
going in circles
keep asking
keep saying
keep telling
keeps saying
keep repeating
what is wrong with you
whats wrong with you
wrong with you
are you kidding
are you serious
are you stupid
are you joking
you gotta be kidding
this is a joke
piece of shit
shut up
screw you
fuck you
fuck off
go to hell
good for nothing
how dare you
shame on you
take legal action
my lawyer
report you
sue you
trustpilot
bad review",
    ),
    (
        Meaning::Impatience,
        "already told you
already said
already gave you
already answered
already explained
already tried
as i said
like i said
i just told you
i just said
i told you
told you already
how many times
how much longer
how long do i
still waiting
been waiting
waiting for hours
waited for
hurry up
right now
come on
for the last time
for the third time
for the second time
for the hundredth time
once again
yet again
all day
dont have all day
dont have time
i need this now
get on with it
just do it
just answer
just tell me
just give me
what the hell
what the heck
what the fuck
oh my god
for gods sake
for fucks sake
for christs sake",
    ),
    (
        Meaning::Failure,
        "still no
still says
still shows
still see
still seeing
still the same
still having
still getting
still nothing
still slow
still stuck
still poor
didnt work
did not work
doesnt work
does not work
isnt working
not working
stopped working
no luck
same error
same issue
same problem
same thing
same result
same message
seems to be the same
nothing changed
nothing happened
nothing happens
nothing works
no change
no difference
issue persists
problem persists
error persists
didnt help
did not help
didnt fix
did not fix
hasnt changed
not fixed
not resolved
that failed
it failed
test failed
hasnt been resolved
what should i do next
what should we try
what should i try
what do i do next
what else can
what else should
the next step",
    ),
];
