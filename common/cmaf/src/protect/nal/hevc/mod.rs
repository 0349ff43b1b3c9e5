//! HEVC NAL units (Rec. ITU-T H.265).

mod pps;
mod reference;
mod slice;
mod sps;

use std::collections::BTreeMap;

use super::Role;
use crate::CmafError;
use pps::Pps;
use sps::Sps;

/// Parameter sets by their ids.
#[derive(Clone, Default)]
pub(in super::super) struct ParameterSets {
    sps: BTreeMap<u32, Sps>,
    pps: BTreeMap<u32, Pps>,
}

impl ParameterSets {
    /// Keeps parameter sets, measures slice segments.
    pub(super) fn visit(&mut self, nal: &[u8]) -> Result<Role, CmafError> {
        let [first, second, payload @ ..] = nal else {
            return Ok(Role::Clear);
        };
        let kind = (first >> 1) & 0x3f;
        let layer = ((first & 1) << 5) | (second >> 3);
        // Table 7-1: up to 31 are coded slice segments or reserved for them.
        if layer != 0 {
            return match kind {
                0..=31 => Err(CmafError::Unsupported("HEVC with several layers")),
                _ => Ok(Role::Clear),
            };
        }
        match kind {
            0..=9 | 16..=21 => Ok(Role::Slice {
                clear: 2 + slice::header_len(kind, payload, self)?,
            }),
            10..=15 | 22..=31 => Err(CmafError::Unsupported("reserved HEVC slice type")),
            33 => {
                let (id, sps) = Sps::read(payload)?;
                self.sps.insert(id, sps);
                Ok(Role::Clear)
            }
            34 => {
                let (id, pps) = Pps::read(payload)?;
                self.pps.insert(id, pps);
                Ok(Role::Clear)
            }
            _ => Ok(Role::Clear),
        }
    }

    fn of_slice(&self, pps_id: u32) -> Result<(&Sps, &Pps), CmafError> {
        let pps = self
            .pps
            .get(&pps_id)
            .ok_or(CmafError::Missing("HEVC picture parameter set"))?;
        let sps = self
            .sps
            .get(&pps.sps_id)
            .ok_or(CmafError::Missing("HEVC sequence parameter set"))?;
        Ok((sps, pps))
    }
}
