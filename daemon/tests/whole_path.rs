//! The demo's promises, on the real binary.

use crate::support::{Scene, soon, terminate, vedetta};

#[test]
fn the_demo_keeps_its_promises() {
    let out = vedetta(&["demo"], b"");
    let said = String::from_utf8_lossy(&out.stdout);
    assert!(out.status.success(), "{said}\n{}", String::from_utf8_lossy(&out.stderr));
    for promise in ["China–Pakistan space cooperation", "Why (", "Also in", "once each"] {
        assert!(said.contains(promise), "{promise:?} in {said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_that_refuses_gets_its_message_later_and_once() {
    let scene = Scene::new().await;
    scene.receiver.refuse(3);
    let daemon = scene.daemon();
    soon("the alerts", scene.receiver.until(scene.expected.events().len())).await;
    terminate(&scene, daemon).await;
    assert_eq!(scene.told(), scene.expected.events());
    assert_eq!((scene.receiver.repeats(), scene.receiver.bad_signatures()), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn once_polls_reads_and_delivers_and_ends() {
    let scene = Scene::new().await;
    let dir = scene.dir.path().display().to_string();
    for round in 0..2 {
        let dir = dir.clone();
        let once = tokio::task::spawn_blocking(move || vedetta(&["once", "--json", "--config", &dir], b""));
        let out = soon("the end", once).await.unwrap();
        let said = String::from_utf8_lossy(&out.stdout);
        assert!(out.status.success(), "{said}{}", String::from_utf8_lossy(&out.stderr));
        let stats: serde_json::Value = serde_json::from_str(said.trim()).unwrap();
        let wanted = scene.expected.on("main");
        assert_eq!(
            (stats["items_done"].as_u64(), stats["items_waiting"].as_u64()),
            (Some(wanted as u64), Some(0)),
            "{round}"
        );
        assert_eq!(scene.told(), scene.expected.events());
    }
}
