use super::*;

const KID: Uuid = Uuid::from_u128(0xa16e_402b_9056_e371_f36d_348a_a62b_b749);

fn document() -> Document {
    let system = |id, license: Option<&str>, key_uri: Option<&str>| KeySystem {
        id,
        pssh: key_uri.map_or_else(|| b"box".to_vec(), |_| Vec::new()),
        license_uri: license.map(str::to_owned),
        key_uri: key_uri.map(str::to_owned),
    };
    Document {
        content_id: Some("film 1".to_owned()),
        keys: vec![
            Key {
                kid: KID,
                key: Some(ContentKey([7; 16])),
                iv: Some([9; 16]),
                scheme: Some(Scheme::Cbcs),
            },
            Key {
                kid: Uuid::from_u128(2),
                key: None,
                iv: None,
                scheme: None,
            },
        ],
        systems: vec![
            (
                KID,
                system(
                    KeySystem::PLAYREADY,
                    Some("https://l.example/?a=1&b=2"),
                    None,
                ),
            ),
            (KID, system(KeySystem::FAIRPLAY, None, Some("skd://film"))),
            (Uuid::from_u128(2), system(KeySystem::PLAYREADY, None, None)),
        ],
    }
}

#[test]
fn what_is_written_is_read() {
    let document = document();
    assert_eq!(read(&write(&document)).unwrap(), document);
    let systems = document.systems_of(KID);
    let ids: Vec<_> = systems.iter().map(|system| system.id).collect();
    assert_eq!(ids, [KeySystem::PLAYREADY, KeySystem::FAIRPLAY]);
}

/// As key servers send it: other prefixes, line breaks in base64, elements unknown here.
#[test]
fn a_key_servers_answer_is_read() {
    let text = r#"<?xml version="1.0" encoding="UTF-8"?>
<cpix:CPIX contentId="abc" xmlns:cpix="urn:dashif:org:cpix" xmlns:pskc="urn:ietf:params:xml:ns:keyprov:pskc">
  <cpix:ContentKeyList>
    <cpix:ContentKey explicitIV="CQkJCQkJCQkJCQkJCQkJCQ==" kid="A16E402B-9056-E371-F36D-348AA62BB749" commonEncryptionScheme="cbcs">
      <cpix:Data><pskc:Secret><pskc:PlainValue>BwcHBwcHBwcH
        BwcHBwcHBw==</pskc:PlainValue></pskc:Secret></cpix:Data>
    </cpix:ContentKey>
  </cpix:ContentKeyList>
  <cpix:DRMSystemList>
    <!-- Widevine -->
    <cpix:DRMSystem kid="a16e402b-9056-e371-f36d-348aa62bb749" systemId="edef8ba9-79d6-4ace-a3c8-27dcd51d21ed">
      <cpix:PSSH>Ym94</cpix:PSSH>
      <cpix:URIExtXKey>eA==</cpix:URIExtXKey>
    </cpix:DRMSystem>
  </cpix:DRMSystemList>
  <cpix:ContentKeyUsageRuleList><cpix:ContentKeyUsageRule kid="a16e402b-9056-e371-f36d-348aa62bb749"/></cpix:ContentKeyUsageRuleList>
</cpix:CPIX>"#;
    let document = read(text).unwrap();
    assert_eq!(document.content_id.as_deref(), Some("abc"));
    let [key] = document.keys.as_slice() else {
        panic!("{document:?}");
    };
    assert_eq!(
        (key.kid, key.iv, key.scheme),
        (KID, Some([9; 16]), Some(Scheme::Cbcs))
    );
    assert_eq!(key.key, Some(ContentKey([7; 16])));
    let widevine = KeySystem {
        id: KeySystem::WIDEVINE,
        pssh: b"box".to_vec(),
        ..KeySystem::default()
    };
    assert_eq!(document.systems, [(KID, widevine)]);
}

#[test]
fn what_is_no_document_or_hides_its_keys_is_refused() {
    let inside = |inside: &str| format!("<CPIX><ContentKeyList>{inside}</ContentKeyList></CPIX>");
    for text in [
        "",
        "<MPD/>",
        "<CPIX",
        "<CPIX></Other>",
        "<!DOCTYPE x [<!ENTITY a \"b\">]><CPIX/>",
        &inside("<ContentKey/>"),
        &inside("<ContentKey kid=\"1\"/>"),
        &inside(
            "<ContentKey kid=\"a16e402b-9056-e371-f36d-348aa62bb749\"><PlainValue>AAAA</PlainValue></ContentKey>",
        ),
        &inside(
            "<ContentKey kid=\"a16e402b-9056-e371-f36d-348aa62bb749\" commonEncryptionScheme=\"cens\"/>",
        ),
        &inside("<EncryptedValue/>"),
        &" ".repeat(2 << 20),
    ] {
        assert!(read(text).is_err(), "{}", text.get(..80).unwrap_or(text));
    }
}

#[test]
fn keys_do_not_show() {
    let shown = format!("{:?}", document().keys);
    assert!(!shown.contains("7, 7") && shown.contains("9, 9"), "{shown}");
}
