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
pub(super) fn packed(tag: &str) -> u16 {
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

fn three_letters(two: &str) -> &'static str {
    TWO_TO_THREE
        .split(' ')
        .find_map(|pair| pair.strip_prefix(two).filter(|three| three.len() == 3))
        .unwrap_or(UNDETERMINED)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unpacked(packed: u16) -> String {
        [10, 5, 0]
            .iter()
            .map(|shift| char::from(0x60 + ((packed >> shift) & 31) as u8))
            .collect()
    }

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
            assert_eq!(unpacked(packed(tag)), three, "{tag}");
        }
    }
}
