//! Key lines: how a player gets the key (RFC 8216bis, sections 4.4.4.4 and 4.4.6.4).

use std::collections::BTreeSet;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reeldrop_events::Scheme;
use uuid::Uuid;

use super::attributes::Attributes;
use crate::presentation::{KeySystem, Presentation, Protection, Track};

/// In which form playlists name the key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyFormat {
    /// The address of the 16 bytes of the key, and whatever commercial key systems have it: Safari,
    /// Shaka Player, devices.
    #[default]
    Identity,
    /// The address of a W3C Clear Key licence: hls.js.
    ClearKey,
}

impl KeyFormat {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Identity, Self::ClearKey];

    /// Name of the multivariant playlist.
    #[must_use]
    pub fn multivariant_file(self) -> &'static str {
        match self {
            Self::Identity => "stream.m3u8",
            Self::ClearKey => "stream-clearkey.m3u8",
        }
    }

    /// Name of a rendition's media playlist in its folder.
    #[must_use]
    pub fn media_file(self) -> &'static str {
        match self {
            Self::Identity => "index.m3u8",
            Self::ClearKey => "clearkey.m3u8",
        }
    }

    /// Name of a rendition's playlist of key frames in its folder.
    #[must_use]
    pub fn iframes_file(self) -> &'static str {
        match self {
            Self::Identity => "iframes.m3u8",
            Self::ClearKey => "iframes-clearkey.m3u8",
        }
    }

    /// Key lines of the playlists in a track's folder; none of a clear one.
    pub(super) fn keys(self, presentation: &Presentation, track: &Track) -> Vec<String> {
        let protection = presentation.protection_of(track);
        let sources = protection.map(|protection| {
            let sources = self.sources(protection).into_iter();
            let sources = sources.map(Source::in_folder).collect();
            lines("EXT-X-KEY", protection.scheme, sources)
        });
        sources.unwrap_or_default()
    }

    /// The same of all tracks for the multivariant playlist, so that players can ask before they need
    /// the keys.
    pub(super) fn session_keys(self, presentation: &Presentation) -> Vec<String> {
        let mut keys = Vec::new();
        // RFC 8216bis, 4.4.6.4: no two of the same address, format and method.
        let mut named = BTreeSet::new();
        let tracks = presentation.tracks();
        for protection in tracks.filter_map(|track| presentation.protection_of(track)) {
            let mut sources = self.sources(protection);
            // Keys of one address and format are one session key: the licence service gives what is asked.
            sources.retain(|source| named.insert((source.uri.clone(), source.format)));
            for line in lines("EXT-X-SESSION-KEY", protection.scheme, sources) {
                keys.push(line);
            }
        }
        keys
    }

    fn sources(self, protection: &Protection) -> Vec<Source> {
        match self {
            Self::ClearKey => vec![Source {
                uri: protection.license_uri.clone(),
                format: "org.w3.clearkey",
                kid: Some(protection.kid),
            }],
            Self::Identity => {
                let identity = Source {
                    uri: protection.key_uri.clone(),
                    format: "identity",
                    kid: None,
                };
                let systems = protection.systems.iter();
                let systems = systems.filter_map(|system| Source::of(system, protection.kid));
                std::iter::once(identity).chain(systems).collect()
            }
        }
    }
}

fn lines(tag: &str, scheme: Scheme, sources: Vec<Source>) -> Vec<String> {
    let Some(method) = method(scheme) else {
        return Vec::new();
    };
    let sources = sources.iter();
    let lines = sources.map(|source| format!("#{tag}:{}", source.attributes(method)));
    lines.collect()
}

/// The media playlist's line for one key system; none where HLS has none for it.
pub(crate) fn system_key(system: &KeySystem, kid: Uuid, scheme: Scheme) -> Option<String> {
    let source = Source::of(system, kid)?;
    let method = method(scheme)?;
    Some(format!("#EXT-X-KEY:{}", source.attributes(method)))
}

fn method(scheme: Scheme) -> Option<&'static str> {
    match scheme {
        Scheme::Cbcs => Some("SAMPLE-AES"),
        Scheme::Cenc => Some("SAMPLE-AES-CTR"),
        Scheme::None => None,
    }
}

/// One way to the key. None has an IV: the init segment's `tenc` box and the fragments' `senc` boxes
/// hold it.
struct Source {
    uri: String,
    format: &'static str,
    kid: Option<Uuid>,
}

impl Source {
    fn of(system: &KeySystem, kid: Uuid) -> Option<Self> {
        let (format, kid) = match system.id {
            KeySystem::WIDEVINE => ("urn:uuid:edef8ba9-79d6-4ace-a3c8-27dcd51d21ed", Some(kid)),
            KeySystem::PLAYREADY => ("com.microsoft.playready", None),
            KeySystem::FAIRPLAY => ("com.apple.streamingkeydelivery", None),
            _ => return None,
        };
        let uri = match (&system.key_uri, system.id) {
            (Some(uri), _) => uri.clone(),
            (None, KeySystem::WIDEVINE) => {
                let data = STANDARD.encode(&system.pssh);
                format!("data:text/plain;base64,{data}")
            }
            (None, KeySystem::PLAYREADY) => {
                let data = STANDARD.encode(system.pssh_data()?);
                format!("data:text/plain;charset=UTF-16;base64,{data}")
            }
            (None, _) => return None,
        };
        Some(Self { uri, format, kid })
    }

    /// As a playlist in a track's folder has to name it: a relative address counts from the folder above.
    fn in_folder(self) -> Self {
        let uri = if is_relative(&self.uri) {
            format!("../{}", self.uri)
        } else {
            self.uri
        };
        Self { uri, ..self }
    }

    fn attributes(&self, method: &str) -> String {
        let attributes = Attributes::default()
            .bare("METHOD", method)
            .quoted("URI", &self.uri);
        let attributes = match self.kid {
            Some(kid) => attributes.bare("KEYID", format_args!("0x{}", kid.simple())),
            None => attributes,
        };
        attributes
            .quoted("KEYFORMAT", self.format)
            .quoted("KEYFORMATVERSIONS", "1")
            .into_string()
    }
}

/// Whether an address is neither absolute nor from the root (RFC 3986, section 4.2).
fn is_relative(uri: &str) -> bool {
    let is_scheme = |text: &str| {
        text.starts_with(|first: char| first.is_ascii_alphabetic())
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    };
    let absolute = uri
        .split_once(':')
        .is_some_and(|(scheme, _)| is_scheme(scheme));
    !absolute && !uri.is_empty() && !uri.starts_with('/')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presentation::samples::title;

    fn keys(format: KeyFormat, title: &Presentation) -> Vec<String> {
        format.keys(title, &title.video[0].track)
    }

    #[test]
    fn each_scheme_has_its_method() {
        let mut title = title(true);
        let lines = keys(KeyFormat::Identity, &title);
        assert!(lines[0].starts_with("#EXT-X-KEY:METHOD=SAMPLE-AES,"));
        title.protection.as_mut().unwrap().scheme = Scheme::Cenc;
        let lines = KeyFormat::Identity.session_keys(&title);
        assert_eq!(lines.len(), 1, "one for all tracks");
        assert!(lines[0].starts_with("#EXT-X-SESSION-KEY:METHOD=SAMPLE-AES-CTR,"));
        title.protection.as_mut().unwrap().scheme = Scheme::None;
        assert!(keys(KeyFormat::Identity, &title).is_empty());
        title.protection = None;
        assert!(keys(KeyFormat::ClearKey, &title).is_empty());
    }

    #[test]
    fn relative_addresses_are_one_from_every_folder() {
        let mut title = title(true);
        for (uri, expected) in [
            ("key", "../key"),
            ("keys/1?a=b:c", "../keys/1?a=b:c"),
            ("/key", "/key"),
            ("//host/key", "//host/key"),
            ("https://host/key", "https://host/key"),
            ("skd://1", "skd://1"),
            ("data:text/plain;base64,AA", "data:text/plain;base64,AA"),
        ] {
            let protection = title.protection.as_mut().unwrap();
            protection.key_uri = uri.to_owned();
            protection.license_uri = uri.to_owned();
            for format in KeyFormat::ALL {
                let line = &keys(format, &title)[0];
                assert!(line.contains(&format!(",URI=\"{expected}\",")), "{line}");
                let line = &format.session_keys(&title)[0];
                assert!(line.contains(&format!(",URI=\"{uri}\",")), "{line}");
            }
        }
    }

    #[test]
    fn a_track_may_have_a_key_of_its_own() {
        let mut title = title(true);
        let own = Protection {
            key_uri: "key-of-sound".to_owned(),
            scheme: Scheme::Cbcs,
            ..Protection::default()
        };
        title.audio[0].track.protection = Some(own);
        let sound = KeyFormat::Identity.keys(&title, &title.audio[0].track);
        assert!(sound[0].contains("URI=\"../key-of-sound\""), "{sound:?}");
        assert_ne!(keys(KeyFormat::Identity, &title), sound);
        let session = KeyFormat::Identity.session_keys(&title);
        assert_eq!(session.len(), 2, "{session:#?}");
        assert!(session[1].contains("URI=\"key-of-sound\""), "{session:?}");
    }

    #[test]
    fn hls_js_gets_the_licence_address_and_the_key_id() {
        let expected = "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"/api/assets/A/packages/1/license\",\
            KEYID=0xa16e402b9056e371f36d348aa62bb749,KEYFORMAT=\"org.w3.clearkey\",KEYFORMATVERSIONS=\"1\"";
        assert_eq!(keys(KeyFormat::ClearKey, &title(true)), [expected]);
    }

    #[test]
    fn commercial_key_systems_have_lines_of_their_own_beside_the_key() {
        let mut title = title(true);
        let mut pssh = crate::boxes::common_pssh(&[]);
        pssh[12..28].copy_from_slice(KeySystem::PLAYREADY.as_bytes());
        let end = pssh.len();
        pssh[end - 1] = 3;
        pssh.extend(b"pro");
        let system = |id, pssh: &[u8], key_uri: Option<&str>| KeySystem {
            id,
            pssh: pssh.to_vec(),
            license_uri: None,
            key_uri: key_uri.map(str::to_owned),
        };
        title.protection.as_mut().unwrap().systems = vec![
            system(KeySystem::WIDEVINE, b"box", None),
            system(KeySystem::PLAYREADY, &pssh, None),
            system(KeySystem::FAIRPLAY, b"", Some("skd://1")),
            system(KeySystem::FAIRPLAY, b"", None),
            system(Uuid::from_u128(9), b"box", None),
        ];
        let keys = keys(KeyFormat::Identity, &title);
        assert_eq!(keys.len(), 4, "{keys:#?}");
        assert!(keys[0].contains("KEYFORMAT=\"identity\""));
        assert!(keys[1].contains("URI=\"data:text/plain;base64,Ym94\",KEYID=0xa16e402b"));
        assert!(keys[2].contains("URI=\"data:text/plain;charset=UTF-16;base64,cHJv\",KEYFORMAT=\"com.microsoft.playready\""));
        assert!(keys[3].contains("URI=\"skd://1\",KEYFORMAT=\"com.apple.streamingkeydelivery\""));
    }
}
