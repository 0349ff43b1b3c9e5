//! Languages as an `mdhd` box can say them.

// ISO 639-1 code, then its ISO 639-2/T code, without a space between.
const TWO_TO_THREE: &str = "\
    aaaar ababk aeave afafr akaka amamh anarg arara asasm avava ayaym azaze babak bebel bgbul \
    bibis bmbam bnben bobod brbre bsbos cacat ceche chcha cocos crcre csces cuchu cvchv cycym \
    dadan dedeu dvdiv dzdzo eeewe elell eneng eoepo esspa etest eueus fafas ffful fifin fjfij \
    fofao frfra fyfry gagle gdgla glglg gngrn guguj gvglv hahau heheb hihin hohmo hrhrv hthat \
    huhun hyhye hzher iaina idind ieile igibo iiiii ikipk ioido isisl itita iuiku jajpn jvjav \
    kakat kgkon kikik kjkua kkkaz klkal kmkhm knkan kokor krkau kskas kukur kvkom kwcor kykir \
    lalat lbltz lglug lilim lnlin lolao ltlit lulub lvlav mgmlg mhmah mimri mkmkd mlmal mnmon \
    mrmar msmsa mtmlt mymya nanau nbnob ndnde nenep ngndo nlnld nnnno nonor nrnbl nvnav nynya \
    ococi ojoji omorm orori ososs papan pipli plpol pspus ptpor quque rmroh rnrun roron rurus \
    rwkin sasan scsrd sdsnd sesme sgsag shhbs sisin skslk slslv smsmo snsna sosom sqsqi srsrp \
    ssssw stsot susun svswe swswa tatam tetel tgtgk ththa titir tktuk tltgl tntsn toton trtur \
    tstso tttat twtwi tytah uguig ukukr ururd uzuzb veven vivie vovol wawln wowol xhxho yiyid \
    yoyor zazha zhzho zuzul";

const UNDETERMINED: &str = "und";

/// The primary language of a BCP 47 tag, as ISO/IEC 14496-12, 8.4.2, packs it: five bits a letter.
///
/// Tags without an ISO 639 language give `und`.
pub(crate) fn packed(tag: &str) -> u16 {
    let primary = tag
        .split('-')
        .next()
        .unwrap_or(UNDETERMINED)
        .to_ascii_lowercase();
    let letters = match primary.len() {
        3 if primary.bytes().all(|byte| byte.is_ascii_lowercase()) => primary.as_str(),
        2 => three_letters(&primary),
        _ => UNDETERMINED,
    };
    letters
        .bytes()
        .fold(0, |packed, letter| (packed << 5) | u16::from(letter - 0x60))
}

/// The BCP 47 tag of a packed language: two letters where there are two.
pub(crate) fn unpacked(packed: u16) -> String {
    let letters: [u8; 3] = [10, 5, 0].map(|shift| {
        let letter = u8::try_from((packed >> shift) & 31).unwrap_or(0);
        0x60 + letter
    });
    if !letters.iter().all(u8::is_ascii_lowercase) {
        return UNDETERMINED.to_owned();
    }
    let three: String = letters.into_iter().map(char::from).collect();
    let mut pairs = TWO_TO_THREE.split(' ');
    let two = pairs.find_map(|pair| pair.split_at_checked(2).filter(|(_, of)| *of == three));
    two.map_or(three, |(two, _)| two.to_owned())
}

fn three_letters(two: &str) -> &'static str {
    TWO_TO_THREE
        .split(' ')
        .find_map(|pair| pair.strip_prefix(two).filter(|three| three.len() == 3))
        .unwrap_or(UNDETERMINED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_become_three_letters() {
        for (tag, three) in [
            ("en", "eng"),
            ("de-AT", "deu"),
            ("pt-BR", "por"),
            ("JPN", "jpn"),
            ("zu", "zul"),
            ("xx", "und"),
            ("und", "und"),
            ("", "und"),
            ("x-private", "und"),
            ("\u{e9}n", "und"),
        ] {
            let letters = |packed: u16| {
                let letters = [10, 5, 0].map(|shift| 0x60 + ((packed >> shift) & 31) as u8);
                letters.map(char::from).iter().collect::<String>()
            };
            assert_eq!(letters(packed(tag)), three, "{tag}");
        }
    }

    #[test]
    fn packed_letters_become_the_shortest_tag() {
        for (tag, expected) in [("en", "en"), ("deu", "de"), ("und", "und"), ("ang", "ang")] {
            assert_eq!(unpacked(packed(tag)), expected);
        }
        assert_eq!(unpacked(0), "und");
        assert_eq!(unpacked(0x7fff), "und");
    }
}
