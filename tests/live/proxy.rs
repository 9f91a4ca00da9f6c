//! A proxy between a client and the broker that loses the answer to an EndTxn, or its request, and every connection with it;
//! or delivers a transaction's offsets a second time, late, in the middle of the next one.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

const END_TXN: i16 = 26;
const TXN_OFFSET_COMMIT: i16 = 28;

/// What is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// The broker never sees the request.
    Request,
    /// The broker has done what was asked, and its answer is not delivered.
    Answer,
}

/// What happens to new connections after a cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Door {
    Open,
    Shut,
    /// Shut by the next cut.
    ShutNext,
}

struct State {
    armed: Option<Cut>,
    door: Door,
    cuts: usize,
    open: Vec<TcpStream>,
    late: Late,
    /// EndTxn since the offsets were held back, of that id.
    ends: usize,
}

impl State {
    fn new() -> State {
        State { armed: None, door: Door::Open, cuts: 0, open: Vec::new(), late: Late::Nothing, ends: 0 }
    }
}

/// Offsets that arrive late.
enum Late {
    Nothing,
    /// The next request that names this transactional id is held back and its connection lost: the client asks again.
    HoldNext(Vec<u8>),
    Held {
        request: Vec<u8>,
        id: Vec<u8>,
    },
    /// The broker's answer.
    Answered(Vec<u8>),
}

/// Listens where the broker's second listener is advertised; its threads end with the test's process.
pub struct Proxy {
    pub front: String,
    state: Arc<Mutex<State>>,
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Proxy {
    /// The process's one proxy (a port is advertised once), doing nothing but passing on.
    pub fn start() -> &'static Proxy {
        static ONLY: OnceLock<Proxy> = OnceLock::new();
        let proxy = ONLY.get_or_init(Proxy::listen);
        *lock(&proxy.state) = State::new();
        proxy
    }

    fn listen() -> Proxy {
        let both = std::env::var("SEGUE_TEST_PROXY").expect("SEGUE_TEST_PROXY, from scripts/kafka run");
        let (front, back) = both.split_once(',').expect("FRONT,BACK");
        let listener = TcpListener::bind(front).expect("the advertised port is free");
        let state = Arc::new(Mutex::new(State::new()));
        let (shared, back) = (state.clone(), back.to_owned());
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                serve(&shared, client, &back);
            }
        });
        Proxy { front: front.to_owned(), state }
    }

    /// Cuts once, at the next EndTxn.
    pub fn arm(&self, cut: Cut) {
        lock(&self.state).armed = Some(cut);
    }

    /// Cuts once, and lets nobody in again until [`Proxy::open`].
    pub fn arm_and_shut(&self, cut: Cut) {
        let mut state = lock(&self.state);
        state.armed = Some(cut);
        state.door = Door::ShutNext;
    }

    /// Holds back the next offsets of this transactional id, and delivers them when the transaction after it is about to end.
    pub fn delay_offsets(&self, transactional_id: &str) {
        lock(&self.state).late = Late::HoldNext(transactional_id.as_bytes().to_vec());
    }

    /// How many transactions of the delayed id have come to their end since.
    pub fn ends(&self) -> usize {
        lock(&self.state).ends
    }

    /// The broker's answer to the late offsets, once they were delivered.
    pub fn late_answer(&self) -> Option<Vec<u8>> {
        match &lock(&self.state).late {
            Late::Answered(answer) => Some(answer.clone()),
            Late::Nothing | Late::HoldNext(_) | Late::Held { .. } => None,
        }
    }

    pub fn open(&self) {
        lock(&self.state).door = Door::Open;
    }

    pub fn cuts(&self) -> usize {
        lock(&self.state).cuts
    }
}

fn serve(state: &Arc<Mutex<State>>, client: TcpStream, back: &str) {
    let mut shared = lock(state);
    if shared.door == Door::Shut {
        return;
    }
    let Ok(broker) = TcpStream::connect(back) else { return };
    let copy = |stream: &TcpStream| stream.try_clone().expect("a second handle");
    shared.open.extend([copy(&client), copy(&broker)]);
    drop(shared);
    // The correlation id of the request whose answer is to be lost.
    let lost = Arc::new(Mutex::new(None));
    let (state_a, state_b, lost_b) = (state.clone(), state.clone(), lost.clone());
    let (client_b, broker_b) = (copy(&client), copy(&broker));
    let back = back.to_owned();
    std::thread::spawn(move || requests(&state_a, &lost, client, broker, &back));
    std::thread::spawn(move || answers(&state_b, &lost_b, broker_b, client_b));
}

type Lost = Mutex<Option<[u8; 4]>>;

fn requests(state: &Mutex<State>, lost: &Lost, mut client: TcpStream, mut broker: TcpStream, back: &str) {
    while let Some(frame) = read_frame(&mut client) {
        let key = frame.get(4..6).map_or(-1, |key| i16::from_be_bytes([key[0], key[1]]));
        if key == TXN_OFFSET_COMMIT && hold(&mut lock(state).late, &frame) {
            break;
        }
        let is_end = frame.len() >= 12 && key == END_TXN;
        if is_end {
            deliver_late(&mut lock(state), &frame, back);
        }
        if is_end {
            let mut state = lock(state);
            match state.armed {
                Some(Cut::Request) => {
                    cut(&mut state);
                    return;
                }
                Some(Cut::Answer) => {
                    // This one and no other.
                    state.armed = None;
                    let id = [frame[8], frame[9], frame[10], frame[11]];
                    *lost.lock().unwrap_or_else(PoisonError::into_inner) = Some(id);
                }
                None => {}
            }
        }
        if broker.write_all(&frame).is_err() {
            break;
        }
    }
    close(&client, &broker);
}

/// True if the request is held back from now on.
fn hold(late: &mut Late, request: &[u8]) -> bool {
    let Late::HoldNext(id) = late else { return false };
    if !names(request, id) {
        return false;
    }
    *late = Late::Held { request: request.to_vec(), id: std::mem::take(id) };
    true
}

/// At the second EndTxn since: the first one's transaction had the offsets from the client's second attempt.
fn deliver_late(state: &mut State, end_request: &[u8], back: &str) {
    let Late::Held { request, id } = &state.late else { return };
    if !names(end_request, id) {
        return;
    }
    state.ends += 1;
    if state.ends == 2 {
        let mut broker = TcpStream::connect(back).expect("the broker is there");
        broker.write_all(request).expect("it takes the request");
        state.late = Late::Answered(read_frame(&mut broker).expect("it answers"));
    }
}

fn names(request: &[u8], id: &[u8]) -> bool {
    request.windows(id.len()).any(|part| part == id)
}

fn answers(state: &Mutex<State>, lost: &Lost, mut broker: TcpStream, mut client: TcpStream) {
    while let Some(frame) = read_frame(&mut broker) {
        let id = *lost.lock().unwrap_or_else(PoisonError::into_inner);
        if frame.len() >= 8 && id.is_some_and(|id| frame[4..8] == id) {
            cut(&mut lock(state));
            return;
        }
        if client.write_all(&frame).is_err() {
            break;
        }
    }
    close(&client, &broker);
}

/// Every connection is gone at once.
fn cut(state: &mut State) {
    state.armed = None;
    state.cuts += 1;
    if state.door == Door::ShutNext {
        state.door = Door::Shut;
    }
    for stream in state.open.drain(..) {
        // One that is closed already needs no closing.
        let _ = stream.shutdown(Shutdown::Both);
    }
}

fn close(client: &TcpStream, broker: &TcpStream) {
    let _ = client.shutdown(Shutdown::Both);
    let _ = broker.shutdown(Shutdown::Both);
}

/// A request or an answer with its length in front; `None` at the end of the connection.
fn read_frame(from: &mut TcpStream) -> Option<Vec<u8>> {
    let mut length = [0; 4];
    from.read_exact(&mut length).ok()?;
    let mut frame = length.to_vec();
    frame.resize(4 + u32::from_be_bytes(length) as usize, 0);
    from.read_exact(&mut frame[4..]).ok()?;
    Some(frame)
}
