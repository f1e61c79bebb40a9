//! `NameServer`: a small name server on this machine, for tests.

use std::{
    collections::BTreeMap,
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use hickory_resolver::proto::{
    op::{Message, Query, ResponseCode},
    rr::{
        Name, RData, Record, RecordType,
        rdata::{A, AAAA, CNAME, TXT},
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, UdpSocket},
    task::JoinSet,
};

/// A name server on the loopback address, over UDP and TCP. It is gone when it is dropped.
///
/// It knows the names that it was told, answers questions for anything else with `NXDOMAIN`, and cuts answers
/// that do not fit into a datagram. It is made to test what asks it, also with answers that are wrong.
///
/// # Panics
///
/// What is told to it must be a name; the methods panic otherwise.
#[derive(Debug)]
pub struct NameServer {
    address: SocketAddr,
    zone: Arc<Zone>,
    _tasks: JoinSet<()>,
}

/// What a [`NameServer`] does instead of answering.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// It says nothing.
    Silence,
    /// It answers with this response code and no records.
    Code(u16),
    /// It sends bytes that are no message.
    Garbage,
    /// It sends garbage and answers to other questions, and then the answer.
    GarbageFirst,
    /// It answers another question.
    OtherName,
}

#[derive(Debug, Default)]
struct Zone {
    records: Mutex<BTreeMap<Name, Vec<RData>>>,
    faults: Mutex<BTreeMap<Name, Fault>>,
    asked: Mutex<Vec<String>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Carrier {
    Udp,
    Tcp,
}

impl NameServer {
    /// Starts a server that knows no name. It needs tokio's runtime around it.
    ///
    /// # Errors
    ///
    /// What the operating system says.
    pub async fn start() -> io::Result<Self> {
        let (udp, tcp) = bind().await?;
        let address = udp.local_addr()?;
        let zone = Arc::<Zone>::default();
        let mut tasks = JoinSet::new();
        tasks.spawn(serve_udp(udp, zone.clone()));
        tasks.spawn(serve_tcp(tcp, zone.clone()));
        Ok(Self {
            address,
            zone,
            _tasks: tasks,
        })
    }

    /// Returns where it can be asked.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Adds an IP address to a name.
    pub fn add_ip(&self, name: &str, ip: IpAddr) {
        self.zone.add(
            name,
            match ip {
                IpAddr::V4(ip) => RData::A(A(ip)),
                IpAddr::V6(ip) => RData::AAAA(AAAA(ip)),
            },
        );
    }

    /// Adds a text record to a name, in strings of 255 bytes.
    pub fn add_text(&self, name: &str, text: &str) {
        let strings = text.as_bytes().chunks(255).collect();
        self.zone.add(name, RData::TXT(TXT::from_bytes(strings)));
    }

    /// Adds an address to those that `/dnsaddr` of a name leads to.
    pub fn add_dnsaddr(&self, name: &str, address: &str) {
        self.add_text(&format!("_dnsaddr.{name}"), &format!("dnsaddr={address}"));
    }

    /// Makes a name an alias of another.
    pub fn add_alias(&self, name: &str, of: &str) {
        self.zone.add(name, RData::CNAME(CNAME(absolute(of))));
    }

    /// Does something wrong when it is asked for a name.
    pub fn fail(&self, name: &str, fault: Fault) {
        lock(&self.zone.faults).insert(absolute(name), fault);
    }

    /// Answers questions for a name again.
    pub fn recover(&self, name: &str) {
        lock(&self.zone.faults).remove(&absolute(name));
    }

    /// Returns the questions that it was asked, in the form `udp TXT _dnsaddr.example.com.`
    pub fn asked(&self) -> Vec<String> {
        lock(&self.zone.asked).clone()
    }
}

impl Zone {
    fn add(&self, name: &str, data: RData) {
        lock(&self.records)
            .entry(absolute(name))
            .or_default()
            .push(data);
    }

    /// Returns the messages that answer a request.
    fn answers(&self, request: &[u8], carrier: Carrier) -> Vec<Vec<u8>> {
        let Ok(request) = Message::from_vec(request) else {
            return Vec::new();
        };
        let Some(query) = request.queries.first() else {
            return Vec::new();
        };
        self.note(query, carrier);
        let fault = lock(&self.faults)
            .get(&query.name().to_lowercase())
            .copied();
        let honest = || encode(self.answer(&request, query), &request, carrier);
        let garbage = b"\x00 no message".to_vec();
        match fault {
            None => vec![honest()],
            Some(Fault::Silence) => Vec::new(),
            Some(Fault::Code(code)) => {
                let mut message = respond(&request, query);
                message.metadata.response_code = ResponseCode::from_low(code.to_le_bytes()[0]);
                vec![encode(message, &request, carrier)]
            }
            Some(Fault::Garbage) => vec![garbage],
            Some(Fault::GarbageFirst) => {
                let mut foreign = self.answer(&request, query);
                foreign.metadata.id ^= 1;
                vec![garbage, encode(foreign, &request, carrier), honest()]
            }
            Some(Fault::OtherName) => {
                let mut other = query.clone();
                other.set_name(absolute("other.example"));
                let mut message = respond(&request, &other);
                let data = RData::A(A(Ipv4Addr::new(192, 0, 2, 66)));
                message.add_answer(Record::from_rdata(other.name().clone(), TTL, data));
                vec![encode(message, &request, carrier)]
            }
        }
    }

    fn answer(&self, request: &Message, query: &Query) -> Message {
        let mut message = respond(request, query);
        let records = lock(&self.records);
        let mut name = query.name().to_lowercase();
        if !records.contains_key(&name) {
            message.metadata.response_code = ResponseCode::NXDomain;
        }
        // An alias is followed for as long as it leads to names of this server.
        for _ in 0..MAX_ALIASES {
            let of_name = records.get(&name).map_or(&[][..], Vec::as_slice);
            let is_asked = |data: &&RData| {
                let kind = data.record_type();
                kind == query.query_type() || kind == RecordType::CNAME
            };
            let found: Vec<_> = of_name.iter().filter(is_asked).cloned().collect();
            let alias = found.iter().find_map(alias_of);
            let owner = name.clone();
            message.add_answers(
                found
                    .into_iter()
                    .map(|data| Record::from_rdata(owner.clone(), TTL, data)),
            );
            let Some(next) = alias else {
                break;
            };
            name = next;
        }
        message
    }

    fn note(&self, query: &Query, carrier: Carrier) {
        let carrier = match carrier {
            Carrier::Udp => "udp",
            Carrier::Tcp => "tcp",
        };
        let text = format!("{carrier} {} {}", query.query_type(), query.name());
        lock(&self.asked).push(text);
    }
}

fn alias_of(data: &RData) -> Option<Name> {
    let RData::CNAME(CNAME(name)) = data else {
        return None;
    };
    Some(name.clone())
}

fn respond(request: &Message, query: &Query) -> Message {
    let mut message = Message::response(request.metadata.id, request.metadata.op_code);
    message.metadata.recursion_desired = request.metadata.recursion_desired;
    message.metadata.recursion_available = true;
    message.add_query(query.clone());
    message
}

fn encode(message: Message, request: &Message, carrier: Carrier) -> Vec<u8> {
    let whole = message.to_vec().unwrap_or_default();
    let room = usize::from(request.max_payload());
    if carrier == Carrier::Udp && whole.len() > room {
        return message.truncate().to_vec().unwrap_or_default();
    }
    whole
}

async fn serve_udp(socket: UdpSocket, zone: Arc<Zone>) {
    let mut buffer = vec![0; usize::from(u16::MAX)];
    while let Ok((len, from)) = socket.recv_from(&mut buffer).await {
        let request = buffer.get(..len).unwrap_or_default();
        for answer in zone.answers(request, Carrier::Udp) {
            // The asker sees that it was lost.
            let _ = socket.send_to(&answer, from).await;
        }
    }
}

async fn serve_tcp(listener: TcpListener, zone: Arc<Zone>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let zone = zone.clone();
        connections.spawn(async move { serve_stream(stream, &zone).await.ok() });
    }
}

/// A message on a stream follows its length.
async fn serve_stream(mut stream: TcpStream, zone: &Zone) -> io::Result<()> {
    loop {
        let len = stream.read_u16().await?;
        let mut request = vec![0; usize::from(len)];
        stream.read_exact(&mut request).await?;
        for answer in zone.answers(&request, Carrier::Tcp) {
            let len = u16::try_from(answer.len()).map_err(io::Error::other)?;
            stream.write_u16(len).await?;
            stream.write_all(&answer).await?;
        }
    }
}

/// Binds both sockets to one free port.
async fn bind() -> io::Result<(UdpSocket, TcpListener)> {
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let mut tries = 0;
    loop {
        let tcp = TcpListener::bind(any).await?;
        match UdpSocket::bind(tcp.local_addr()?).await {
            Ok(udp) => return Ok((udp, tcp)),
            Err(_) if tries < MAX_TRIES => tries += 1,
            Err(error) => return Err(error),
        }
    }
}

fn absolute(name: &str) -> Name {
    let mut name: Name = name.parse().expect("it was documented to be a name");
    name.set_fqdn(true);
    name.to_lowercase()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Seconds for which an answer may be remembered.
const TTL: u32 = 60;

/// Aliases that are followed for one answer.
const MAX_ALIASES: usize = 8;

/// Ports that are tried, if somebody else has them for UDP.
const MAX_TRIES: usize = 32;
