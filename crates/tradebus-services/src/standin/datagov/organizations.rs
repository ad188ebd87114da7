//! The organisations of the stand-in, with their real slugs and names.

use super::record::Organization;

const FEDERAL: Option<&str> = Some("Federal Government");

const fn organization(slug: &'static str, name: &'static str, kind: Option<&'static str>) -> Organization {
    Organization { slug, name, kind }
}

/// All organisations, some without data sets here.
pub(super) const ORGANIZATIONS: &[Organization] = &[
    organization("census", "U.S. Census Bureau", FEDERAL),
    organization("cftc", "Commodity Futures Trading Commission", FEDERAL),
    organization("commerce", "Department of Commerce", FEDERAL),
    organization("dol", "Department of Labor", FEDERAL),
    organization("dol-bls", "U.S. Department of Labor Bureau of Labor Statistics", FEDERAL),
    organization("energy", "Department of Energy", FEDERAL),
    organization("fdic", "Federal Deposit Insurance Corporation", FEDERAL),
    organization("fed-reserve", "Board of Governors of the Federal Reserve System", FEDERAL),
    organization("fhfa", "Federal Housing Finance Agency", FEDERAL),
    organization("nasa", "National Aeronautics and Space Administration", FEDERAL),
    organization("noaa", "National Oceanic and Atmospheric Administration", FEDERAL),
    organization("nyc-ny", "City of New York", Some("City Government")),
    organization("opentopography", "OpenTopography", None),
    organization("sec", "Securities and Exchange Commission", FEDERAL),
    organization("treasury", "Department of the Treasury", FEDERAL),
    organization("usda", "Department of Agriculture", FEDERAL),
];
