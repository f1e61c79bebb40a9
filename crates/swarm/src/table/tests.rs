//! Which connection of a peer is used, and that nothing stays behind.

use sinew_identity::{Keypair, PeerId};
use sinew_transport::ConnectionId;

use super::Table;

fn peer(secret: u8) -> PeerId {
    Keypair::ed25519_from_secret([secret; 32]).peer_id()
}

fn table(ids: &[(u64, u8)]) -> Table<u64> {
    let mut table = Table::new();
    for (id, secret) in ids {
        table.insert(ConnectionId(*id), peer(*secret), *id);
    }
    table
}

#[test]
fn the_newest_connection_of_a_peer_comes_first() {
    let table = table(&[(1, 1), (2, 2), (3, 1)]);

    assert_eq!(table.of(peer(1)).collect::<Vec<_>>(), [&3, &1]);
    assert_eq!(table.of(peer(2)).collect::<Vec<_>>(), [&2]);
    assert_eq!(table.of(peer(3)).count(), 0);
}

#[test]
fn a_retired_connection_takes_no_streams_but_is_still_known() {
    let mut table = table(&[(1, 1), (2, 1)]);

    table.retire(ConnectionId(2));

    assert_eq!(table.of(peer(1)).collect::<Vec<_>>(), [&1]);
    assert_eq!(table.get(ConnectionId(2)), Some(&2));
    assert_eq!(table.remove(ConnectionId(2)), Some(2));
}

#[test]
fn the_oldest_makes_room_when_a_peer_has_as_many_as_it_may() {
    let mut table = table(&[(1, 1), (2, 1)]);

    assert_eq!(table.retire_beyond(peer(1), 3), None);
    assert_eq!(table.retire_beyond(peer(1), 2), Some(&1));
    assert_eq!(table.of(peer(1)).collect::<Vec<_>>(), [&2]);
}

#[test]
fn nothing_stays_behind_when_all_connections_are_removed() {
    let mut table = table(&[(1, 1), (2, 2), (3, 1)]);

    for id in 1..=3 {
        assert_eq!(table.remove(ConnectionId(id)), Some(id));
        assert_eq!(table.remove(ConnectionId(id)), None);
    }

    assert_eq!(table.iter().count(), 0);
    assert_eq!(table.peers().count(), 0);
}
