use super::*;
use crate::disk::RealDisk;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn limits(bytes: u64) -> Limits {
    Limits { bytes, age: Duration::from_secs(7 * 86_400) }
}

fn open(dir: &Path, bytes: u64) -> (Journal, Torn) {
    Journal::open(Arc::new(RealDisk), dir, limits(bytes), NOW).unwrap()
}

/// The n-th payload: of the form of a record, so that a search through damage may find it.
fn payload(n: usize, length: usize) -> Vec<u8> {
    let filling: String = (0..length).map(|at| char::from(b'a' + ((at * at + n) % 23) as u8)).collect();
    format!("{{\"v\":1,\"n\":{n},\"text\":\"{filling}\"}}").into_bytes()
}

fn read(dir: &Path) -> (Vec<Vec<u8>>, Vec<Damage>) {
    let mut found = Vec::new();
    let damage = stream(&RealDisk, dir, Position::default(), |_, payload| {
        found.push(payload);
        Ok(())
    });
    (found, damage.unwrap())
}

#[test]
fn a_torn_tail_is_cut_at_every_length_and_the_rest_kept() {
    let whole = tempfile::tempdir().unwrap();
    let (mut journal, _) = open(whole.path(), 1 << 20);
    let first = vec![payload(1, 3), payload(2, 2000)];
    journal.append(&first, NOW).unwrap();
    let keep = journal.end().offset;
    journal.append(&[payload(3, 15)], NOW).unwrap();
    let bytes = std::fs::read(segment::path(whole.path(), 1)).unwrap();
    for cut in keep + 1..bytes.len() as u64 {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(segment::path(dir.path(), 1), &bytes[..cut as usize]).unwrap();
        let (mut journal, torn) = open(dir.path(), 1 << 20);
        assert_eq!(torn.cut_bytes, cut - keep);
        journal.append(&[payload(4, 4)], NOW).unwrap();
        let mut expected = first.clone();
        expected.push(payload(4, 4));
        assert_eq!(read(dir.path()), (expected, Vec::new()), "cut at {cut}");
    }
}

#[test]
fn a_hole_in_the_last_write_is_filled_and_one_before_it_is_told() {
    let check = |hurt: usize, told: bool| {
        let dir = tempfile::tempdir().unwrap();
        let (mut journal, _) = open(dir.path(), 1 << 20);
        let payloads: Vec<_> = (0..6).map(|n| payload(n, 40)).collect();
        let mut at = journal.append(&payloads[..3], NOW).unwrap();
        at.extend(journal.append(&payloads[3..], NOW).unwrap());
        drop(journal);
        let path = segment::path(dir.path(), 1);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[at[hurt].offset as usize + 20] ^= 4;
        std::fs::write(&path, &bytes).unwrap();
        let (_, torn) = open(dir.path(), 1 << 20);
        assert_eq!(torn.cut_bytes == 0, told);
        let mut expected = payloads.clone();
        expected.remove(hurt);
        let (found, damage) = read(dir.path());
        assert_eq!(found, expected, "hurt {hurt}: what is readable is kept");
        let places: Vec<_> = damage.iter().map(|damage| damage.at).collect();
        assert_eq!(places, if told { vec![at[hurt]] } else { Vec::new() });
    };
    (0..3).for_each(|hurt| check(hurt, true));
    (3..6).for_each(|hurt| check(hurt, false));
}

#[test]
fn segments_roll_by_size_and_age_and_positions_read_back_sealed_or_not() {
    let dir = tempfile::tempdir().unwrap();
    let (mut journal, _) = open(dir.path(), 600_000);
    let payloads: Vec<Vec<u8>> = (0..60).map(|n| payload(n, 30_000 + 97 * n)).collect();
    let mut positions = Vec::new();
    for payload in &payloads {
        positions.extend(journal.append(std::slice::from_ref(payload), NOW).unwrap());
    }
    let count = segment::list(&RealDisk, dir.path()).unwrap().len();
    assert_eq!(count, 4, "by size");
    let day = Duration::from_secs(86_400);
    journal.append(&payloads[..1], NOW + 6 * day).unwrap();
    assert_eq!(segment::list(&RealDisk, dir.path()).unwrap().len(), count);
    journal.append(&payloads[..1], NOW + 7 * day).unwrap();
    assert_eq!(segment::list(&RealDisk, dir.path()).unwrap().len(), count + 1, "by age");

    let before = read(dir.path());
    for number in 1..=count as u64 {
        sealed::seal(&RealDisk, dir.path(), number).unwrap();
        assert!(!segment::path(dir.path(), number).exists());
    }
    assert_eq!(read(dir.path()), before);
    for (position, payload) in positions.iter().zip(&payloads) {
        assert_eq!(&reader::read_at(&RealDisk, dir.path(), *position).unwrap(), payload);
        let mut from = None;
        stream(&RealDisk, dir.path(), *position, |at, _| {
            from.get_or_insert(at);
            Ok(())
        })
        .unwrap();
        assert_eq!(from, Some(*position), "reading begins where it is told to");
    }
    let (journal, _) = open(dir.path(), 600_000);
    assert_eq!(journal.segment, count as u64 + 1);
}

#[test]
fn a_damaged_sealed_segment_loses_a_block_or_its_table_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let (mut journal, _) = open(dir.path(), 8 << 20);
    let payloads: Vec<Vec<u8>> = (0..60).map(|n| payload(n, 30_000)).collect();
    journal.append(&payloads, NOW).unwrap();
    journal.roll(NOW).unwrap();
    sealed::seal(&RealDisk, dir.path(), 1).unwrap();
    let path = segment::sealed_path(dir.path(), 1);
    let bytes = std::fs::read(&path).unwrap();
    let blocks = sealed::blocks(&std::fs::File::open(&path).unwrap()).unwrap().blocks;
    assert!(blocks.len() > 5);
    // In every block, and in the table: its checksum, sizes of blocks packed and plain, and its end.
    let table = blocks.last().unwrap().at + blocks.last().unwrap().packed;
    let places = blocks.iter().map(|block| block.at + block.packed / 2).chain([
        table + 9,
        table + 21,
        table + 25,
        bytes.len() as u64 - 1,
    ]);
    for (n, place) in places.enumerate() {
        let mut hurt = bytes.clone();
        hurt[place as usize] ^= 16;
        std::fs::write(&path, &hurt).unwrap();
        let (found, damage) = read(dir.path());
        let Some(block) = blocks.get(n) else {
            assert_eq!((found, damage), (payloads.clone(), Vec::new()), "the table is found again");
            continue;
        };
        let lost: u64 = damage.iter().map(|damage| damage.bytes).sum();
        assert!(lost > 0 && lost <= block.plain, "{damage:?} {block:?}");
        assert!(found.len() >= 50 && found.iter().all(|record| payloads.contains(record)), "{}", found.len());
    }
    std::fs::write(&path, &bytes[..table as usize - 10]).unwrap();
    let (found, damage) = read(dir.path());
    assert!(found.len() >= 50, "a file that was cut: {}", found.len());
    assert!(!damage.is_empty(), "and that is told");
    let middle = &blocks[blocks.len() / 2];
    std::fs::write(&path, &bytes[..middle.at as usize + 100]).unwrap();
    let (found, damage) = read(dir.path());
    assert_eq!(damage.last().map(|damage| damage.bytes), Some(100), "what nothing is known of: {damage:?}");
    assert!(!found.is_empty() && payloads.starts_with(&found));
}

#[test]
fn damage_in_a_header_costs_no_record() {
    let dir = tempfile::tempdir().unwrap();
    let (mut journal, _) = open(dir.path(), 1 << 20);
    let payloads = [payload(1, 20), payload(2, 20)];
    journal.append(&payloads, NOW).unwrap();
    journal.roll(NOW).unwrap();
    let path = segment::path(dir.path(), 1);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[3] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    let (found, damage) = read(dir.path());
    assert_eq!((found.as_slice(), damage.len()), (&payloads[..], 1));
}

#[test]
fn segments_of_the_first_format_still_read() {
    let dir = tempfile::tempdir().unwrap();
    let mut bytes = b"VEDJRNL1".to_vec();
    let payloads = [payload(1, 20), payload(2, 20)];
    payloads.iter().for_each(|payload| frame::encode(payload, false, &mut bytes));
    std::fs::write(segment::path(dir.path(), 1), &bytes).unwrap();
    let (mut journal, torn) = open(dir.path(), 1 << 20);
    assert_eq!(torn, Torn::default());
    journal.append(&[payload(3, 5)], NOW).unwrap();
    assert_eq!(read(dir.path()), ([&payloads[..], &[payload(3, 5)]].concat(), Vec::new()));
    journal.roll(NOW).unwrap();
    sealed::seal(&RealDisk, dir.path(), 1).unwrap();
    assert_eq!(read(dir.path()).0.len(), 3);
}
