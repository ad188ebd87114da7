//! The providers.

use super::{Category, ProviderSpec};

const fn leaf(code: &'static str, name: &'static str) -> Category {
    Category { code: Some(code), name, children: &[] }
}

/// All providers.
pub(in crate::standin::dbnomics) const PROVIDERS: &[ProviderSpec] = &[
    ProviderSpec {
        code: "AMECO",
        name: "Annual macro-economic database of the European Commission's Directorate General for Economic and Financial Affairs",
        region: Some("EU"),
        website: Some("https://ec.europa.eu/"),
        terms_of_use: Some("https://ec.europa.eu/info/legal-notice_en"),
        indexed_at: "2026-11-18T01:15:11.989Z",
        tree: &[leaf("ZUTN", "Unemployment rate")],
    },
    ProviderSpec {
        code: "BEA",
        name: "U.S. Bureau of Economic Analysis",
        region: Some("US"),
        website: Some("http://www.bea.gov"),
        terms_of_use: Some("https://bea.gov/API/_pdf/bea_api_tos.pdf"),
        indexed_at: "2026-11-24T01:35:25.873Z",
        tree: &[Category {
            code: None,
            name: "National accounts (NIPA)",
            children: &[("NIPA-T10101", "NIPA table 1.1.1")],
        }],
    },
    ProviderSpec {
        code: "BIS",
        name: "Bank for International Settlements",
        region: Some("World"),
        website: Some("https://www.bis.org/"),
        terms_of_use: None,
        indexed_at: "2026-07-10T03:00:00.100Z",
        tree: &[leaf("WS_CBPOL", "Central bank policy rates")],
    },
    ProviderSpec {
        code: "BLS",
        name: "U.S. Bureau of Labor Statistics",
        region: Some("US"),
        website: Some("https://www.bls.gov/"),
        terms_of_use: Some("https://www.bls.gov/developers/termsOfService.htm"),
        indexed_at: "2026-03-25T05:00:00.200Z",
        tree: &[leaf("cu", "Consumer prices")],
    },
    ProviderSpec {
        code: "CEPII",
        name: "Centre d'études prospectives et d'informations internationales",
        region: Some("World"),
        website: Some("http://www.cepii.fr/"),
        terms_of_use: None,
        indexed_at: "2023-06-08T14:45:21.851Z",
        tree: &[],
    },
    ProviderSpec {
        code: "ECB",
        name: "European Central Bank",
        region: Some("EA"),
        website: Some("https://www.ecb.europa.eu/"),
        terms_of_use: Some("https://www.ecb.europa.eu/services/disclaimer/"),
        indexed_at: "2026-11-24T15:10:00.300Z",
        tree: &[
            leaf("EXR", "Exchange rates"),
            Category {
                code: None,
                name: "Interest rates",
                children: &[("FM", "Financial market data"), ("YC", "Yield curve")],
            },
        ],
    },
    ProviderSpec {
        code: "EIA",
        name: "U.S. Energy Information Administration",
        region: Some("US"),
        website: Some("https://www.eia.gov/"),
        terms_of_use: None,
        indexed_at: "2026-11-24T02:00:00.400Z",
        tree: &[leaf("PET", "Petroleum")],
    },
    ProviderSpec {
        code: "Eurostat",
        name: "Eurostat",
        region: Some("EU"),
        website: Some("https://ec.europa.eu/eurostat"),
        terms_of_use: Some("https://ec.europa.eu/eurostat/about/policies/copyright"),
        indexed_at: "2026-11-20T04:00:00.500Z",
        tree: &[Category {
            code: Some("data"),
            name: "Database by themes",
            children: &[
                ("une_rt_m", "Unemployment, monthly"),
                ("une_rt_q", "Unemployment, quarterly"),
                ("prc_hicp_manr", "HICP, monthly data"),
            ],
        }],
    },
    ProviderSpec {
        code: "FED",
        name: "Federal Reserve Board",
        region: Some("US"),
        website: Some("https://www.federalreserve.gov/"),
        terms_of_use: None,
        indexed_at: "2026-11-25T06:00:00.600Z",
        tree: &[leaf("H15", "Selected interest rates"), leaf("H41", "Factors affecting reserve balances")],
    },
    ProviderSpec {
        code: "IMF",
        name: "International Monetary Fund",
        region: Some("World"),
        website: Some("https://www.imf.org/"),
        terms_of_use: Some("https://www.imf.org/external/terms.htm"),
        indexed_at: "2026-09-04T07:00:00.700Z",
        tree: &[
            leaf("PCPS", "Primary commodity prices"),
            Category {
                code: Some("WEO"),
                name: "World Economic Outlook",
                children: &[("WEO:2024-10", "October 2024"), ("WEO:2025-04", "April 2025")],
            },
        ],
    },
    ProviderSpec {
        code: "OECD",
        name: "Organisation for Economic Co-operation and Development",
        region: Some("World"),
        website: Some("https://www.oecd.org/"),
        terms_of_use: None,
        indexed_at: "2026-06-16T08:00:00.800Z",
        tree: &[leaf("DSD_STES@DF_CLI", "Composite leading indicators")],
    },
    ProviderSpec {
        code: "STANDIN",
        name: "Demo data of the stand-in",
        region: None,
        website: None,
        terms_of_use: None,
        indexed_at: "2026-11-25T09:00:00.900Z",
        tree: &[leaf("FREQ", "All frequencies")],
    },
];
