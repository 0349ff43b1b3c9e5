//! H.264 NAL units (Rec. ITU-T H.264).

mod sets;
mod slice;

use std::collections::BTreeMap;

use super::Role;
use crate::CmafError;
use sets::{Pps, Sps};

/// Parameter sets by their ids.
#[derive(Clone, Default)]
pub(in super::super) struct ParameterSets {
    sps: BTreeMap<u32, Sps>,
    pps: BTreeMap<u32, Pps>,
}

impl ParameterSets {
    /// Keeps parameter sets, measures slices.
    pub(super) fn visit(&mut self, nal: &[u8]) -> Result<Role, CmafError> {
        let Some((header, payload)) = nal.split_first() else {
            return Ok(Role::Clear);
        };
        // Table 7-1.
        match header & 0x1f {
            1 | 5 => Ok(Role::Slice {
                clear: 1 + slice::header_len(*header, payload, self)?,
            }),
            2..=4 => Err(CmafError::Unsupported("H.264 data partitioning")),
            19..=21 => Err(CmafError::Unsupported(
                "H.264 auxiliary or multi-view slice",
            )),
            7 => {
                let (id, sps) = Sps::read(payload)?;
                self.sps.insert(id, sps);
                Ok(Role::Clear)
            }
            8 => {
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
            .ok_or(CmafError::Missing("H.264 picture parameter set"))?;
        let sps = self
            .sps
            .get(&pps.sps_id)
            .ok_or(CmafError::Missing("H.264 sequence parameter set"))?;
        Ok((sps, pps))
    }
}
