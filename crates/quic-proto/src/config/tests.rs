//! What is refused before anything is made of it.

use super::*;

fn check(change: impl FnOnce(&mut Config)) -> Result<(), &'static str> {
    let mut config = Config::default();
    change(&mut config);
    match config.validate() {
        Err(ConfigError::OutOfRange(rule)) => Err(rule),
        _ => Ok(()),
    }
}

#[test]
fn what_is_kept_may_grow_to_no_less_than_it_begins_with() {
    let rule = Err("max_send_window is smaller than send_window");

    assert_eq!(check(|config| config.max_send_window = 0), rule);
    assert_eq!(
        check(|config| config.max_send_window = config.send_window - 1),
        rule
    );
    assert_eq!(
        check(|config| {
            config.dangerous_windows = true;
            config.send_window = 0;
            config.max_send_window = 0;
        }),
        rule
    );
    assert_eq!(
        check(|config| config.max_send_window = config.send_window),
        Ok(())
    );
}

#[test]
fn what_is_kept_may_grow_beyond_what_is_safe_only_where_that_is_wanted() {
    let too_much = (16 << 20) + 1;

    assert_eq!(
        check(|config| config.max_send_window = too_much),
        Err("max_send_window is larger than 16 MiB")
    );
    assert_eq!(
        check(|config| {
            config.dangerous_windows = true;
            config.max_send_window = too_much;
        }),
        Ok(())
    );
}
