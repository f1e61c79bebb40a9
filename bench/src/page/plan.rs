//! What the page needs measured, and how often.

use crate::case::Case;
use crate::name::{Name, Owner};
use crate::scenario::Scenario;
use crate::{Api, Runtime};

/// Returns all cases of one round.
pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut add = |scenarios: &[Scenario], api: Api, runtimes: &[Runtime], systems: &[Name]| {
        for &scenario in scenarios {
            for &runtime in runtimes {
                cases.extend(systems.iter().filter_map(|&system| {
                    let is_possible = system.why_not(scenario).is_none();
                    is_possible.then_some(Case {
                        scenario,
                        runtime,
                        system,
                        api,
                    })
                }));
            }
        }
    };
    let all: Vec<_> = Name::all().collect();
    let [ct, mt] = Runtime::ALL;
    let everywhere = [
        Scenario::BulkDown,
        Scenario::BulkUp,
        Scenario::Requests1,
        Scenario::Requests64,
        Scenario::Handshakes1,
        Scenario::Handshakes32,
        Scenario::Handshakes32Stock,
    ];
    add(&everywhere, Api::Calls, &[ct, mt], &all);
    let by_bytes = [Name::Sinew, Name::SinewLoopback, Name::Quinn];
    add(&[Scenario::BulkDown], Api::Bytes, &[ct, mt], &by_bytes);
    let over_quic = [Name::Libp2pQuic, Name::Sinew, Name::Quinn];
    add(&[Scenario::BulkDown8], Api::Calls, &[ct, mt], &over_quic);
    add(&[Scenario::SlowReader], Api::Calls, &[ct, mt], &over_quic);
    let over_tls = [Name::Libp2pTcpTls, Name::SinewTcpTls];
    add(&[Scenario::SlowReader], Api::Calls, &[mt], &over_tls);
    let idle = [Scenario::Idle, Scenario::Idle100];
    add(&idle, Api::Calls, &[mt], &over_quic);
    let dialed = [Scenario::IdleDialed, Scenario::Idle100Dialed];
    add(&dialed, Api::Calls, &[mt], &over_quic);
    add(&idle, Api::Calls, &[mt], &[Name::Litep2pQuic]);
    let over_noise = [Name::Libp2pTcpNoise, Name::SinewTcpNoise];
    add(&idle, Api::Calls, &[mt], &over_noise);
    add(&idle, Api::Calls, &[mt], &over_tls);
    add(&[Scenario::Steady1000], Api::Calls, &[ct, mt], &over_quic);
    cases
}

/// Returns in how many rounds a case is measured at most: what takes long or says little more the third time, in fewer.
pub(super) fn most_rounds(case: Case) -> usize {
    match (case.scenario, case.system.owner()) {
        (
            Scenario::Idle | Scenario::Idle100 | Scenario::IdleDialed | Scenario::Idle100Dialed,
            _,
        ) => 1,
        (Scenario::Steady1000 | Scenario::SlowReader, _) => 2,
        (_, Owner::Litep2p | Owner::GoLibp2p | Owner::Limits) => 2,
        _ => usize::MAX,
    }
}
