//! Many at once: a test of counts.

use crate::fixture::{Server, receive, send};
use evenfield_speedtest::message::End;
use tokio::task::JoinSet;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_hundred_tests_at_once_end_well() {
    const EACH: usize = 150;
    let server = Server::start((2 * EACH, 2 * EACH));
    let (mut downs, mut ups) = (vec![], vec![]);
    for _ in 0..EACH {
        downs.push(server.client("download?seconds=4").await);
        ups.push(server.client("upload?seconds=4").await);
    }
    assert_eq!(server.metric("tests"), 2 * EACH as u64);
    let mut tasks = JoinSet::new();
    for mut client in downs {
        tasks.spawn(async move { receive(&mut client).await });
    }
    for client in ups {
        tasks.spawn(send(client, 1 << 13));
    }
    let seen = tasks.join_all().await;
    assert!(seen.iter().all(|seen| !seen.measurements.is_empty()), "a client without a measurement");
    let records = server.records(2 * EACH).await;
    assert!(records.iter().all(|record| record.summary.end == End::Complete));
    assert!(records.iter().all(|record| record.summary.bits_per_second > 0.0 && record.tcp_info.is_some()));
    let mut ids: Vec<_> = records.iter().map(|record| &record.connection_info.uuid).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 2 * EACH);
    for test in ["download", "upload"] {
        let ended = server.metric(&format!("tests_total{{test=\"{test}\",end=\"complete\"}}"));
        assert_eq!(ended, EACH as u64);
    }
    for what in ["address", "all", "request", "connection"] {
        assert_eq!(server.metric(&format!("refused_total{{why=\"{what}\"}}")), 0);
    }
}
