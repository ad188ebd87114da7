//! Services over a tradebus bus: economic data from Data.gov and DBnomics.

pub mod datagov;
pub mod dbnomics;
