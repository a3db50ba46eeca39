//! The data folder: whose it is, and what is refused.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::panic,
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    clippy::unwrap_used,
    reason = "tests of a driver meet the real world, and say what went wrong by panicking"
)]

mod common;

use std::fs;

use common::{Cluster, run};
use quorate_host::{ConfigError, FolderError, OpenError};

fn refused(cluster: &mut Cluster, node: u64) -> FolderError {
    match cluster.open(node) {
        Err(OpenError::Folder(error)) => error,
        Err(other) => panic!("another error: {other}"),
        Ok(_) => panic!("opened"),
    }
}

#[test]
fn a_folder_in_use_is_locked_until_its_host_is_gone() {
    run(async {
        let mut cluster = Cluster::new(1);
        let first = cluster.open(1).unwrap();
        cluster.addresses.insert(quorate_machine::NodeId(1), common::loopback());
        assert!(matches!(refused(&mut cluster, 1), FolderError::Locked { .. }));
        drop(first);
        assert!(cluster.open(1).is_ok());
    });
}

#[test]
fn the_folder_of_another_node_or_cluster_is_foreign() {
    let mut cluster = Cluster::new(2);
    drop(cluster.open(1).unwrap());
    fs::rename(cluster.data(1), cluster.data(2)).unwrap();
    let error = refused(&mut cluster, 2);
    assert!(matches!(error, FolderError::Foreign { .. }));
    assert_eq!(
        error.to_string(),
        "the data folder belongs to node 1 of cluster \"test\", not to node 2 of cluster \"test\""
    );
    fs::write(cluster.data(2).join("FORMAT"), "format 1\ncluster other\nnode 2\n").unwrap();
    assert!(matches!(refused(&mut cluster, 2), FolderError::Foreign { .. }));
}

#[test]
fn a_newer_format_is_refused() {
    let mut cluster = Cluster::new(1);
    drop(cluster.open(1).unwrap());
    fs::write(cluster.data(1).join("FORMAT"), "format 2\ncluster test\nnode 1\nmore 7\n").unwrap();
    assert!(matches!(refused(&mut cluster, 1), FolderError::NewerFormat { found: 2, known: 1 }));
    fs::write(cluster.data(1).join("FORMAT"), "who knows").unwrap();
    assert!(matches!(refused(&mut cluster, 1), FolderError::Damaged { .. }));
}

#[test]
fn a_folder_with_other_files_is_left_alone() {
    let mut cluster = Cluster::new(1);
    fs::create_dir(cluster.data(1)).unwrap();
    fs::write(cluster.data(1).join("thesis.tex"), "chapter 1").unwrap();
    let error = refused(&mut cluster, 1);
    assert!(matches!(&error, FolderError::NotOurs { found, .. } if found == "thesis.tex"), "{error}");
    assert_eq!(fs::read_dir(cluster.data(1)).unwrap().count(), 1, "something was written");
}

#[test]
fn a_file_is_no_folder() {
    let mut cluster = Cluster::new(1);
    fs::write(cluster.data(1), "").unwrap();
    assert!(matches!(refused(&mut cluster, 1), FolderError::NotAFolder { .. }));
}

#[test]
fn a_folder_below_a_file_is_unwritable() {
    let mut cluster = Cluster::new(1);
    let file = cluster.folder.path().join("file");
    fs::write(&file, "").unwrap();
    let mut config = cluster.config(1);
    config.data = file.join("below");
    let identity = config.identity;
    let error = quorate_host::Folder::open(&config.data, identity).unwrap_err();
    assert!(matches!(error, FolderError::Unwritable { .. }), "{error}");
    drop(cluster.listener(1));
}

#[test]
fn every_opening_is_one_more_incarnation() {
    let mut cluster = Cluster::new(1);
    for incarnation in 1..=3 {
        assert_eq!(cluster.open(1).unwrap().host.recovery().incarnation, incarnation);
    }
}

#[test]
fn limits_that_contradict_each_other_are_refused_before_anything_is_touched() {
    let mut cluster = Cluster::new(1);
    cluster.limits.record_bytes_max = cluster.limits.frame_bytes_max + 1;
    let Err(OpenError::Config(error)) = cluster.open(1) else { panic!("opened") };
    assert!(matches!(error, ConfigError::Order { smaller: "record_bytes_max", .. }), "{error}");
    assert!(!cluster.data(1).exists());

    cluster.limits = quorate_host::Limits { commands_max: 0, ..Default::default() };
    assert!(matches!(cluster.open(1), Err(OpenError::Config(ConfigError::Zero { limit: "commands_max" }))));

    let mut config = cluster.config(1);
    config.identity.cluster = "two\nlines".into();
    config.limits = quorate_host::Limits::default();
    assert!(matches!(config.check(), Err(ConfigError::Cluster { .. })));
}
