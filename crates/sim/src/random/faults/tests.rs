//! Tests of what goes wrong.

use sinew_testkit::Seed;

use super::*;

#[test]
fn the_plain_link_is_back_when_the_last_of_two_weathers_is_over() {
    let world = World::new(Seed::new(1));
    let delay = |number| Link::with_delay(Duration::from_millis(number));
    let sky = Sky::new(&world, delay(1));

    let first = sky.turn(delay(20));
    let second = sky.turn(delay(30));
    assert_eq!(sky.link(), delay(30));

    sky.clear(first);
    assert_eq!(sky.link(), delay(30));
    sky.clear(second);
    assert_eq!(sky.link(), delay(1));
}

#[test]
fn an_earlier_weather_is_back_when_a_later_one_is_over() {
    let world = World::new(Seed::new(1));
    let delay = |number| Link::with_delay(Duration::from_millis(number));
    let sky = Sky::new(&world, delay(1));

    let first = sky.turn(delay(20));
    let second = sky.turn(delay(30));
    sky.clear(second);

    assert_eq!(sky.link(), delay(20));
    sky.clear(first);
    assert_eq!(sky.link(), delay(1));
}
