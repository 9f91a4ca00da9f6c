//! The runs of bytes that have a code, in the order of their codes. Trained by the library on the demo's conversations and the
//! phrase lists. Frozen: what was squeezed with it is in changelogs.

#[rustfmt::skip]
pub(super) const RUNS: [&[u8]; 248] = [
    b"y ", b"r ", b"a ", b"co", b"te", b"de", b"d ", b"en", b"lo", b"ou", b"as", b"n ", b"m ", b"un", b"ge", b"la",
    b" s", b" m", b"el", b"ra", b" d", b"ic", b"ta", b"ro", b"id", b" r", b"am", b"of", b"o ", b"et", b"pa", b"h ",
    b" p", b" b", b"ea", b"f ", b"om", b"w ", b"ow", b"nd", b"pe", b"ag", b"di", b" f", b"wh", b"pl", b"to", b"st",
    b"ar", b"es", b" w", b"k ", b"he", b"me", b"so", b"is", b" t", b"ay", b"ke", b"do", b"ce", b"yo", b"th", b"wo",
    b" a", b"ne", b"on", b"ca", b"le", b"in", b"no", b"at", b"er", b"se", b"ch", b"or", b"it", b"an", b"re", b"s ",
    b"I ", b", ", b". ", b"t ", b"e ", b"is ", b"to ", b"it ", b" th", b"ive", b"ing", b"cha", b"on ", b"bot", b"for",
    b"my ", b"ere", b"I a", b"ed ", b"oes", b"rep", b"at ", b"ver", b"ple", b"did", b"st ", b"in ", b"an ", b"per",
    b"e a", b"\'s ", b"To ", b"say", b"rea", b"or ", b"do ", b"nd ", b" a ", b"ne ", b"ays", b"ard", b"sta", b"ow ",
    b"es ", b"so ", b"se ", b"me ", b"ain", b"the ", b"not ", b" you", b", th", b"card", b"can ", b"here", b" is ",
    b". I ", b"new ", b"vate", b"you ", b", I ", b"now ", b"and ", b"ship", b". Th", b"ked ", b"s to", b"leag",
    b"send", b" to ", b"ill ", b" wor", b"erso", b"that ", b"have ", b"Hello", b"about", b"what ", b"What ", b"with ",
    b"again", b" for ", b"k you", b" with", b"thing", b"numbe", b"t me ", b"order ", b"still ", b"cement", b" under",
    b", you ", b"ything", b"Please", b"uiero ", b" at th", b"refund", b"account", b"I want ", b"speak t", b"before ",
    b"fund of", b"You can ", b"Can you ", b" in the ", b"lk to a ", b"are you ", b" ", b"i", b"e", b"t", b"a", b"r",
    b"s", b"o", b"n", b"c", b"l", b"d", b".", b"u", b"m", b"h", b"y", b"p", b"I", b",", b"w", b"k", b"g", b"f", b"b",
    b"v", b"?", b"T", b"H", b"\'", b"A", b"S", b"Y", b"M", b"W", b"O", b"C", b"!", b"R", b"E", b"B", b"\xc3", b"0",
    b"P", b"L", b"F", b"D", b"x", b"q", b"N", b"G", b"j", b"K", b":", b"4", b"1", b"z", b"\xad", b"5", b"3", b"2",
];
