//! Writes closed captions, picture by picture.

/// Commands of line 21 (CTA-608-E) in its first field; in the second they begin with 0x15.
const RESUME_LOADING: u8 = 0x20;
const ROLL_UP_2: u8 = 0x25;
const PAINT: u8 = 0x29;
const ERASE_SHOWN: u8 = 0x2c;
const CARRIAGE_RETURN: u8 = 0x2d;
const ERASE_LOADED: u8 = 0x2e;
const END_OF_CAPTION: u8 = 0x2f;

/// What the pictures of a clip carry: two pairs of line 21 in each, padding where nothing is said, and packets of
/// services behind them.
#[derive(Clone, Debug)]
pub struct Carried {
    line21: Vec<[[u8; 2]; 2]>,
    services: Vec<Vec<u8>>,
}

impl Carried {
    /// Nothing but padding in so many pictures.
    #[must_use]
    pub fn padding(pictures: usize) -> Self {
        Self {
            line21: vec![[[0x80; 2]; 2]; pictures],
            services: vec![Vec::new(); pictures],
        }
    }

    /// The triplets of the picture that is shown as the n-th, from 0.
    #[must_use]
    pub fn triplets(&self, picture: usize) -> Vec<u8> {
        let Some([first, second]) = self.line21.get(picture) else {
            return Vec::new();
        };
        let line21 = [0xfc, first[0], first[1], 0xfd, second[0], second[1]];
        [&line21, &self.services[picture][..]].concat()
    }

    /// A caption of two lines at most that pops on with this picture: it is sent in those before.
    pub fn pop_on(&mut self, field: usize, picture: usize, lines: &[&str]) {
        let mut pairs = [RESUME_LOADING, ERASE_LOADED]
            .map(|code| command(field, code))
            .concat();
        for (line, row) in lines.iter().zip([0x50, 0x70]) {
            pairs.extend([[0x14, row]; 2]);
            pairs.extend(text(line));
        }
        let from = picture.checked_sub(pairs.len());
        self.put(field, from.unwrap_or_default(), &pairs);
        self.put(field, picture, &command(field, END_OF_CAPTION));
    }

    /// Erases what is shown with this picture.
    pub fn erase(&mut self, field: usize, picture: usize) {
        self.put(field, picture, &command(field, ERASE_SHOWN));
    }

    /// A line that rolls up: the picture with which its first letters are shown.
    pub fn roll_up(&mut self, field: usize, from: usize, line: &str) -> usize {
        self.line(field, from, &[ROLL_UP_2, CARRIAGE_RETURN], line)
    }

    /// A line that is painted on: the picture with which its first letters are shown.
    pub fn paint_on(&mut self, field: usize, from: usize, line: &str) -> usize {
        self.line(field, from, &[PAINT], line)
    }

    fn line(&mut self, field: usize, from: usize, codes: &[u8], line: &str) -> usize {
        let commands = codes.iter().flat_map(|code| command(field, *code));
        let mut pairs: Vec<[u8; 2]> = commands.collect();
        pairs.extend([[0x14, 0x70]; 2]);
        self.put(field, from, &pairs);
        self.put(field, from + pairs.len(), &text(line));
        from + pairs.len()
    }

    fn put(&mut self, field: usize, from: usize, pairs: &[[u8; 2]]) {
        for (picture, pair) in self.line21.iter_mut().skip(from).zip(pairs) {
            picture[field] = pair.map(odd);
        }
    }

    /// A packet with codes of a service (CTA-708-E), all in this picture.
    pub fn packet(&mut self, picture: usize, service: u8, codes: &[u8]) {
        let length = codes.len() as u8;
        let block = [&[service << 5 | length], codes].concat();
        let pairs = block.len() / 2 + 1;
        let mut bytes = [&[pairs as u8], &block[..]].concat();
        bytes.resize(2 * pairs, 0);
        for (at, pair) in bytes.chunks(2).enumerate() {
            let kind = if at == 0 { 0xff } else { 0xfe };
            self.services[picture].extend([kind, pair[0], pair[1]]);
        }
    }
}

/// Twice, as commands come.
fn command(field: usize, code: u8) -> [[u8; 2]; 2] {
    [[0x14 + field as u8, code]; 2]
}

fn text(line: &str) -> Vec<[u8; 2]> {
    let pairs = line.as_bytes().chunks(2);
    let pairs = pairs.map(|pair| [pair[0], pair.get(1).copied().unwrap_or(0)]);
    pairs.collect()
}

/// With odd parity.
fn odd(byte: u8) -> u8 {
    byte | u8::from(byte.count_ones().is_multiple_of(2)) << 7
}
