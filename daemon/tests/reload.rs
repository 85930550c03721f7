//! SIGHUP takes a good configuration and refuses a bad one.

use rustix::process::Signal;

use crate::support::{Scene, signal, soon, terminate};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_edit_is_refused_and_a_good_one_taken() {
    let scene = Scene::new().await;
    let sources = std::fs::read_to_string(scene.file("sources/sample.toml")).unwrap();
    let copy = sources.find("\n[[source]]\nid = \"eurasia-wire\"").unwrap();
    std::fs::write(scene.file("sources/sample.toml"), &sources[..copy]).unwrap();
    let daemon = scene.daemon();
    soon("the alerts", scene.receiver.until(scene.expected.events().len())).await;

    std::fs::write(scene.file("sources/sample.toml"), "schema = 1\n[[source]]\nid = 7\n").unwrap();
    signal(&daemon, Signal::HUP);
    soon("the refusal", scene.receiver.until_health(1)).await;

    // The old sources are polled on.
    let polls = scene.site.feed_requests();
    soon("another poll", scene.site.until_polled(polls + 1)).await;

    // The aggregator comes back by a reload, and its copy tells nothing new.
    std::fs::write(scene.file("sources/sample.toml"), &sources).unwrap();
    scene.site.publish_copy();
    signal(&daemon, Signal::HUP);
    soon("the copy", scene.site.until_copy_read(&scene.expected)).await;
    terminate(&scene, daemon).await;
    assert_eq!(scene.told(), scene.expected.events());
}
