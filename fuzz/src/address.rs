//! Addresses in text and in bytes.

use std::str;

use sinew_multiaddr::{Address, Multiaddr};

/// Reads `data` as an address in bytes and in text.
pub fn address(data: &[u8]) {
    let from_text = str::from_utf8(data).ok().and_then(|text| text.parse().ok());
    for address in Address::from_bytes(data).into_iter().chain(from_text) {
        assert_eq!(
            Address::from_bytes(&address.to_bytes()),
            Ok(address.clone())
        );
        assert_eq!(address.to_string().parse(), Ok(address.clone()));
        let _ = (address.check_dial(), address.check_listen());
    }
    if let Ok(address) = Multiaddr::from_bytes(data) {
        assert_eq!(Multiaddr::from_bytes(&address.to_bytes()), Ok(address));
    }
}
