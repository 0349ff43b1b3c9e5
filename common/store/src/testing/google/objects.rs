//! What is stored.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
};

use bytes::{Bytes, BytesMut};

/// An object and what is known about it.
#[derive(Clone, Debug, Default)]
pub(super) struct Object {
    pub(super) generation: i64,
    pub(super) content_type: String,
    pub(super) cache_control: String,
    pub(super) metadata: BTreeMap<String, String>,
    pub(super) body: Bytes,
}

/// A bucket's name and an object's.
pub(super) type Place = (String, String);

/// An upload that is not complete.
#[derive(Debug)]
pub(super) struct Upload {
    pub(super) place: Place,
    pub(super) object: Object,
    /// What a resumable upload has brought.
    pub(super) received: BytesMut,
    /// What a multipart upload has brought, by number.
    pub(super) parts: BTreeMap<u32, Bytes>,
}

/// Everything.
#[derive(Debug)]
pub(super) struct Objects {
    pub(super) endpoint: String,
    objects: Mutex<BTreeMap<Place, Object>>,
    uploads: Mutex<BTreeMap<String, Upload>>,
    count: AtomicI64,
}

impl Objects {
    pub(super) fn new(endpoint: &str) -> Self {
        Self {
            endpoint: endpoint.to_owned(),
            objects: Mutex::default(),
            uploads: Mutex::default(),
            // Google's generations are microseconds since 1970: larger than 32 bits.
            count: AtomicI64::new(1_700_000_000_000_000),
        }
    }

    fn next(&self) -> i64 {
        self.count.fetch_add(1, Ordering::Relaxed)
    }

    pub(super) fn objects(&self) -> MutexGuard<'_, BTreeMap<Place, Object>> {
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn uploads(&self) -> MutexGuard<'_, BTreeMap<String, Upload>> {
        self.uploads.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn get(&self, place: &Place) -> Option<Object> {
        self.objects().get(place).cloned()
    }

    /// Stores an object where the generation that is there, 0 for none, is the one that was meant.
    pub(super) fn put(&self, place: Place, object: Object, only: Option<i64>) -> Option<Object> {
        let mut objects = self.objects();
        let there = objects.get(&place).map_or(0, |object| object.generation);
        if only.is_some_and(|only| only != there) {
            return None;
        }
        let generation = self.next();
        let object = Object {
            generation,
            ..object
        };
        objects.insert(place, object.clone());
        Some(object)
    }

    /// Begins an upload, and returns its id.
    pub(super) fn begin(&self, place: Place, object: Object) -> String {
        let id = format!("upload+{}", self.next());
        let upload = Upload {
            place,
            object,
            received: BytesMut::new(),
            parts: BTreeMap::new(),
        };
        self.uploads().insert(id.clone(), upload);
        id
    }
}
