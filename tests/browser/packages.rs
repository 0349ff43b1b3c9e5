//! Packages in players that others wrote: nothing but files on a server, with a key beside them.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderValue, Method, Response, StatusCode},
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use reeldrop_cmaf::presentation::KeySystem;
use reeldrop_events::Scheme;
use reeldrop_packager::{Input, Key, Keys, Layout, Settings, package};
use reeldrop_tests::{chromium, clip, tree};
use serde_json::json;
use tokio::{net::TcpListener, runtime::Runtime};
use uuid::Uuid;

use crate::{check_refused, check_watched, played};

const KEY: [u8; 16] = *b"sixteen byte key";
const KID: [u8; 16] = *b"sixteen byte kid";

/// Packages by their folder: `right` ones have their key beside them, and `wrong` ones another.
type Served = Arc<BTreeMap<PathBuf, Vec<u8>>>;

async fn answer(State(files): State<Served>, request: Request) -> Response<Body> {
    let path = request.uri().path().trim_start_matches('/');
    let (which, file) = path.split_once('/').unwrap_or_default();
    let key = if which.starts_with("right") {
        KEY
    } else {
        [9; 16]
    };
    let found = match (request.method(), file) {
        (&Method::OPTIONS, _) => Some(Vec::new()),
        (&Method::POST, "license") => {
            let [k, kid] = [key, KID].map(|bytes| URL_SAFE_NO_PAD.encode(bytes));
            let keys =
                json!({ "keys": [{ "kty": "oct", "k": k, "kid": kid }], "type": "temporary" });
            Some(keys.to_string().into_bytes())
        }
        (&Method::GET, "key") => Some(key.to_vec()),
        _ => files.get(Path::new(path)).cloned(),
    };
    let mut response = Response::new(Body::empty());
    match found {
        Some(content) => *response.body_mut() = content.into(),
        None => *response.status_mut() = StatusCode::NOT_FOUND,
    }
    let headers = response.headers_mut();
    for name in ["origin", "headers"] {
        let name = format!("access-control-allow-{name}");
        let any = HeaderValue::from_static("*");
        headers.insert(axum::http::HeaderName::try_from(name).unwrap(), any);
    }
    response
}

/// Packages the clip and serves it until the runtime ends: gives the server's address.
fn serve(runtime: &Runtime, clip: &Path) -> String {
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let folder = tempfile::tempdir().unwrap();
    for which in ["right", "wrong", "right-of-all"] {
        // Players of DASH take a relative address from their page's.
        let absolute = format!("{origin}/{which}/license");
        for (name, license) in [
            (format!("{which}-dash"), absolute),
            (which.to_owned(), "license".to_owned()),
        ] {
            let input = Input::File(clip.to_owned());
            let systems = match which {
                "right-of-all" => commercial(),
                _ => Vec::new(),
            };
            let folder = folder.path().join(name);
            package(&[input], &settings(license, systems), &folder).unwrap();
        }
    }
    let files: Served = Arc::new(tree(folder.path()).unwrap());
    let router = Router::new().fallback(answer).with_state(files);
    runtime.spawn(async move { axum::serve(listener, router).await });
    origin
}

/// Key systems that Chromium does not have here: players are to pass over them.
fn commercial() -> Vec<KeySystem> {
    let system = |id, data: Vec<u8>| KeySystem {
        id,
        pssh: pssh(id, &data),
        ..KeySystem::default()
    };
    // Widevine's protocol buffer: one key id, in its field 2.
    let widevine = [&[0x12, 0x10], &KID[..]].concat();
    vec![
        system(KeySystem::WIDEVINE, widevine),
        system(KeySystem::PLAYREADY, playready_object()),
        KeySystem {
            id: KeySystem::FAIRPLAY,
            key_uri: Some("skd://key.example/1".to_owned()),
            ..KeySystem::default()
        },
    ]
}

/// ISO/IEC 23001-7, 8.1.1, version 0.
fn pssh(system: Uuid, data: &[u8]) -> Vec<u8> {
    let size = u32::try_from(32 + data.len()).unwrap().to_be_bytes();
    let length = u32::try_from(data.len()).unwrap().to_be_bytes();
    [
        &size,
        b"pssh",
        &[0; 4],
        &system.as_bytes()[..],
        &length,
        data,
    ]
    .concat()
}

/// PlayReady Header Specification, 2: an object with one record, a header of version 4.3.
fn playready_object() -> Vec<u8> {
    let kid = STANDARD.encode(Uuid::from_bytes(KID).to_bytes_le());
    let header = format!(
        "<WRMHEADER xmlns=\"http://schemas.microsoft.com/DRM/2007/03/PlayReadyHeader\" version=\"4.3.0.0\">\
         <DATA><PROTECTINFO><KIDS><KID ALGID=\"AESCBC\" VALUE=\"{kid}\"></KID></KIDS></PROTECTINFO></DATA>\
         </WRMHEADER>"
    );
    let header: Vec<u8> = header.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let size = u32::try_from(10 + header.len()).unwrap().to_le_bytes();
    let length = u16::try_from(header.len()).unwrap().to_le_bytes();
    [&size[..], &[1, 0], &[1, 0], &length, &header].concat()
}

/// As the command packages where nothing is said but the key, and which key systems have it too.
fn settings(license_uri: String, systems: Vec<KeySystem>) -> Settings {
    let mut keys = Keys::default();
    let key = Key {
        systems,
        ..Key::new(KEY, KID)
    };
    keys.add(None, key);
    Settings {
        scheme: Scheme::Cbcs,
        keys,
        segment_ms: 6_000,
        clear_lead_ms: 0,
        layout: Layout::Segments,
        iv: None,
        key_uri: "key".to_owned(),
        license_uri,
    }
}

#[test]
fn players_play_packages_as_they_come_and_refuse_wrong_keys() {
    let Some(chromium) = chromium() else { return };
    let Some(clip) = clip("packages in players", "h264_aac_640x360_17s.mp4") else {
        return;
    };
    let runtime = Runtime::new().unwrap();
    let origin = serve(&runtime, &clip);
    let sessions = [
        ("dash.js", "-dash/stream.mpd"),
        ("shaka", "-dash/stream.mpd"),
        ("shaka", "/stream.m3u8"),
        ("hls.js", "/stream-clearkey.m3u8"),
    ];
    let mut asked = Vec::new();
    for (player, file) in sessions {
        for which in ["right", "wrong", "right-of-all"] {
            let address = format!("{origin}/{which}{file}");
            // Encrypted, with one picture and one sound.
            asked.push(json!({
                "player": player, "address": address, "expected": [true, 1, 1],
                "key": if which == "wrong" { "none" } else { "right" },
            }));
        }
    }
    for report in played(chromium, &asked) {
        match report["key"].as_str() {
            Some("right") => check_watched(&report),
            _ => check_refused(&report),
        }
    }
}
