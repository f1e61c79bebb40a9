//! What the long help of each command shows.

pub(super) const DEMO: &str = "\
Examples:
  sinew demo
  sinew demo --size 1GiB --streams 8";

pub(super) const NODE: &str = "\
Examples:
  Answer on port 4001, with an identity that stays the same from run to run:
    sinew node
  Receive files:
    sinew node --receive ~/inbox
  Let peers measure how fast it is:
    sinew node --perf
  Answer on a free port of this machine alone, with a key of its own:
    sinew key generate node.key
    sinew node --key node.key --listen /ip4/127.0.0.1/udp/0/quic-v1
  Answer over TCP alone:
    sinew node --transport tcp
  Tell everything to a program:
    sinew node --json --log-format json";

pub(super) const PING: &str = "\
Examples:
  sinew ping /ip4/192.0.2.7/udp/4001/quic-v1
  sinew ping /ip4/192.0.2.7/udp/4001/quic-v1/p2p/12D3KooW… -c 100 -i 0.1
  sinew ping /ip6/2001:db8::7/udp/4001/quic-v1 -c 0 --json
  sinew ping /ip4/192.0.2.7/tcp/4001 --security noise
  sinew ping /dnsaddr/bootstrap.libp2p.io --transport tcp";

pub(super) const ECHO: &str = "\
Examples:
  sinew echo /ip4/192.0.2.7/udp/4001/quic-v1 'Hello, is anybody there?'
  sinew echo /ip4/192.0.2.7/udp/4001/quic-v1 --size 1GiB
  sinew echo /ip4/192.0.2.7/udp/4001/quic-v1 --protocol /my-echo/2.0.0";

pub(super) const IDENTIFY: &str = "\
Examples:
  sinew identify /ip4/192.0.2.7/udp/4001/quic-v1
  sinew identify /ip4/192.0.2.7/udp/4001/quic-v1 --json";

pub(super) const PERF: &str = "\
Examples:
  At the one end; it prints the addresses to give to the other:
    sinew node --perf
  At the other end, a download for ten seconds:
    sinew perf /ip4/192.0.2.7/udp/4001/quic-v1
  Both directions, three seconds each, over eight streams at once:
    sinew perf /ip4/192.0.2.7/udp/4001/quic-v1 --upload --download --seconds 3 --streams 8
  An upload of a gibibyte:
    sinew perf /ip4/192.0.2.7/tcp/4001 --upload 1GiB --security noise";

pub(super) const SEND: &str = "\
Examples:
  At the one end; it prints the addresses to give to the other:
    sinew node --receive ~/inbox
  At the other end:
    sinew send /ip4/192.0.2.7/udp/4001/quic-v1/p2p/12D3KooW… photo.jpg video.mp4";

pub(super) const KEY_GENERATE: &str = "\
Examples:
  sinew key generate node.key
  sinew key generate --type secp256k1 node.key";

pub(super) const KEY_SHOW: &str = "\
Example:
  sinew key show node.key";

pub(super) const CERT_CHECK: &str = "\
Example:
  sinew cert check certificate.pem";

pub(super) const COMPLETIONS: &str = "\
Examples:
  sinew completions bash > ~/.local/share/bash-completion/completions/sinew
  sinew completions fish > ~/.config/fish/completions/sinew.fish
  sinew completions zsh > ~/.zfunc/_sinew";
