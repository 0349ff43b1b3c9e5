//! How samples are encrypted, and where players that may have the key get it.

use reeldrop_events::Scheme;
use uuid::Uuid;

/// How samples are encrypted, and where players that may have the key get it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Protection {
    /// `cbcs` or `cenc`.
    pub scheme: Scheme,
    /// Key id.
    pub kid: Uuid,
    /// Address that answers with the 16 bytes of the key (HLS): absolute, from the root, or relative to
    /// the manifests' folder.
    pub key_uri: String,
    /// Address that answers a W3C ClearKey licence request (DASH, and HLS for hls.js), as `key_uri`.
    pub license_uri: String,
    /// The whole Common PSSH box (W3C `cenc` initialisation data).
    pub pssh: Vec<u8>,
    /// Commercial key systems that have the key too; none by default.
    pub systems: Vec<KeySystem>,
}

/// A key system of a vendor, as its key server (or a CPIX document from it) describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeySystem {
    /// System id (<https://dashif.org/identifiers/content_protection>).
    pub id: Uuid,
    /// The whole `pssh` box; empty where the system has none (FairPlay).
    pub pssh: Vec<u8>,
    /// Address of the licence server for DASH; players are configured with it where there is none.
    pub license_uri: Option<String>,
    /// Address of the key in HLS, such as FairPlay's `skd://…`. Without one it is the `pssh` itself,
    /// where the system has a form for that (Widevine, PlayReady), and else the system is not in HLS.
    pub key_uri: Option<String>,
}

impl KeySystem {
    /// Google Widevine.
    pub const WIDEVINE: Uuid = Uuid::from_u128(0xedef_8ba9_79d6_4ace_a3c8_27dc_d51d_21ed);
    /// Microsoft PlayReady.
    pub const PLAYREADY: Uuid = Uuid::from_u128(0x9a04_f079_9840_4286_ab92_e65b_e088_5f95);
    /// Apple FairPlay.
    pub const FAIRPLAY: Uuid = Uuid::from_u128(0x94ce_86fb_07ff_4f43_adb8_93d2_fa96_8ca2);

    /// What the `pssh` box holds for the system: what follows its header, system id and key ids.
    ///
    /// ISO/IEC 23001-7, 8.1.1. None where the box is none, or another system's.
    #[must_use]
    pub fn pssh_data(&self) -> Option<&[u8]> {
        let (head, rest) = self.pssh.split_at_checked(28)?;
        if head.get(4..8)? != b"pssh" || head.get(12..28)? != self.id.as_bytes() {
            return None;
        }
        let version = *head.get(8)?;
        let rest = if version == 0 {
            rest
        } else {
            let (count, rest) = rest.split_first_chunk::<4>()?;
            let kids = usize::try_from(u32::from_be_bytes(*count)).ok()?;
            rest.get(kids.checked_mul(16)?..)?
        };
        let (size, data) = rest.split_first_chunk::<4>()?;
        data.get(..usize::try_from(u32::from_be_bytes(*size)).ok()?)
    }

    /// Whether `pssh` is one whole box of this system, or there is none.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let size = self.pssh.first_chunk::<4>();
        let size = size.and_then(|size| usize::try_from(u32::from_be_bytes(*size)).ok());
        self.pssh.is_empty() || (size == Some(self.pssh.len()) && self.pssh_data().is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boxes::{COMMON_SYSTEM_ID, common_pssh};

    #[test]
    fn data_follows_the_key_ids() {
        let mut system = KeySystem {
            id: COMMON_SYSTEM_ID,
            pssh: common_pssh(&[Uuid::from_u128(1), Uuid::from_u128(2)]),
            ..KeySystem::default()
        };
        assert_eq!(system.pssh_data(), Some(&[][..]));
        assert!(system.is_whole() && KeySystem::default().is_whole());
        let end = system.pssh.len();
        system.pssh[end - 1] = 3;
        assert_eq!(system.pssh_data(), None, "cut short");
        system.pssh.extend(b"abc");
        assert_eq!(system.pssh_data(), Some(&b"abc"[..]));
        assert!(!system.is_whole(), "its size leaves out the end");
        system.id = KeySystem::WIDEVINE;
        assert_eq!(system.pssh_data(), None, "of another system");
    }

    #[test]
    fn any_bytes_are_read() {
        let whole = common_pssh(&[Uuid::from_u128(1)]);
        for end in 0..whole.len() {
            let system = KeySystem {
                id: COMMON_SYSTEM_ID,
                pssh: whole[..end].to_vec(),
                ..KeySystem::default()
            };
            assert_eq!(system.pssh_data(), None);
        }
    }
}
