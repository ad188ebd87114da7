//! The data sets of the stand-in.
//!
//! Organisations, titles of well-known releases and the first two identifiers are real; slugs, popularity, dates and
//! addresses are made up for the demo. Hard ones are among them: without popularity, without distribution, old documents
//! that lack fields, odd keywords, a title whose slug is cut at 90 characters, a `modified` of only a year or an interval.

use super::filters::Bounds;

/// An organisation.
#[derive(Debug)]
pub(super) struct Organization {
    pub(super) slug: &'static str,
    pub(super) name: &'static str,
    pub(super) kind: Option<&'static str>,
}

/// A data set as its publisher describes it.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) title: &'static str,
    pub(super) organization: &'static str,
    pub(super) publisher: &'static str,
    pub(super) description: &'static str,
    pub(super) keywords: &'static [&'static str],
    pub(super) themes: &'static [&'static str],
    pub(super) identifier: &'static str,
    pub(super) modified: &'static str,
    pub(super) periodicity: Option<&'static str>,
    pub(super) formats: &'static [Format],
    pub(super) popularity: Option<u32>,
    pub(super) bounds: Option<Bounds>,
    pub(super) landing_page: Option<&'static str>,
    pub(super) collection: Option<&'static str>,
    pub(super) access: &'static str,
    /// Indexed before the newer fields were there.
    pub(super) old: bool,
    /// Harvested as XML and transformed.
    pub(super) transformed: bool,
    /// Deeper objects are JSON as text.
    pub(super) nested_as_text: bool,
}

/// A form in which data can be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Csv,
    Json,
    Xml,
    Xlsx,
    Zip,
    Api,
}

impl Organization {
    /// A UUID that depends on the slug only.
    pub(super) fn id(&self) -> String {
        let sum = self.slug.bytes().fold(0_u64, |sum, byte| (sum * 31 + u64::from(byte)) & 0xffff_ffff_ffff);
        format!("5eed0004-0000-4000-8000-{sum:012x}")
    }
}

impl Record {
    pub(super) fn has_download(&self) -> bool {
        self.formats.iter().any(|format| *format != Format::Api)
    }
}

impl Format {
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::Json => "JSON",
            Self::Xml => "XML",
            Self::Xlsx => "XLSX",
            Self::Zip => "ZIP",
            Self::Api => "API",
        }
    }

    pub(super) fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json | Self::Api => "json",
            Self::Xml => "xml",
            Self::Xlsx => "xlsx",
            Self::Zip => "zip",
        }
    }

    pub(super) fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv",
            Self::Json | Self::Api => "application/json",
            Self::Xml => "application/xml",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Zip => "application/zip",
        }
    }
}

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

/// What most records have.
const PLAIN: Record = Record {
    title: "",
    organization: "",
    publisher: "",
    description: "",
    keywords: &[],
    themes: &[],
    identifier: "",
    modified: "",
    periodicity: None,
    formats: &[],
    popularity: None,
    bounds: None,
    landing_page: None,
    collection: None,
    access: "public",
    old: false,
    transformed: false,
    nested_as_text: false,
};

/// All data sets.
pub(super) const RECORDS: &[Record] = &[
    Record {
        title: "Consumer Price Index (CPI)",
        organization: "dol-bls",
        publisher: "Bureau of Labor Statistics",
        description: "Changes in the prices paid by urban consumers for a basket of goods and services.",
        keywords: &["consumer-prices", "cpi", "cpi-index", "inflation"],
        identifier: "DOL-BLS-104",
        modified: "2019",
        periodicity: Some("R/P1M"),
        formats: &[Format::Csv, Format::Api],
        popularity: Some(412),
        landing_page: Some("http://www.bls.gov/cpi"),
        ..PLAIN
    },
    Record {
        title: "Local Area Unemployment Statistics",
        organization: "dol-bls",
        publisher: "Bureau of Labor Statistics",
        description: "Monthly estimates of employment and unemployment for states and areas.",
        keywords: &["employment", "labor-force", "unemployment"],
        identifier: "DOL-BLS-3060-01",
        modified: "2019",
        periodicity: Some("R/P1M"),
        formats: &[Format::Xlsx],
        popularity: Some(97),
        landing_page: Some("https://www.bls.gov/lau/"),
        ..PLAIN
    },
    Record {
        title: "Producer Price Index",
        organization: "dol-bls",
        publisher: "Bureau of Labor Statistics",
        description: "Prices that domestic producers receive for their output.",
        keywords: &["inflation", "ppi", "price index"],
        identifier: "DOL-BLS-DEMO-1",
        modified: "2026-11-13",
        periodicity: Some("R/P1M"),
        formats: &[Format::Csv, Format::Zip],
        popularity: Some(88),
        ..PLAIN
    },
    Record {
        title: "Employment Situation: Payrolls and Wages",
        organization: "dol-bls",
        publisher: "Bureau of Labor Statistics",
        description: "Nonfarm payroll employment, hours and earnings, and the unemployment rate.",
        keywords: &["Employment", "payroll", "wages"],
        identifier: "DOL-BLS-DEMO-2",
        modified: "2026-11-06",
        periodicity: Some("R/P1M"),
        formats: &[Format::Csv],
        popularity: Some(350),
        ..PLAIN
    },
    Record {
        title: "Unemployment Insurance Weekly Claims",
        organization: "dol",
        publisher: "Department of Labor",
        description: "Initial and continued claims for unemployment insurance.",
        keywords: &["claims", "jobless claims", "unemployment"],
        identifier: "DOL-DEMO-1",
        modified: "2026-11-19",
        periodicity: Some("R/P1W"),
        formats: &[Format::Csv, Format::Xml],
        popularity: Some(75),
        ..PLAIN
    },
    Record {
        title: "Selected Interest Rates (H.15)",
        organization: "fed-reserve",
        publisher: "Board of Governors of the Federal Reserve System",
        description: "Treasury yields, federal funds and other interest rates, each business day.",
        keywords: &["federal funds", "interest rate", "treasury", "yield"],
        identifier: "FRB-DEMO-H15",
        modified: "2026-11-24",
        periodicity: Some("R/P1D"),
        formats: &[Format::Csv, Format::Xml],
        popularity: Some(260),
        ..PLAIN
    },
    Record {
        title: "Factors Affecting Reserve Balances (H.4.1)",
        organization: "fed-reserve",
        publisher: "Board of Governors of the Federal Reserve System",
        description: "The consolidated balance sheet of the Federal Reserve banks.",
        keywords: &["balance sheet", "federal reserve", "reserves"],
        identifier: "FRB-DEMO-H41",
        modified: "2026-11-19",
        periodicity: Some("R/P1W"),
        formats: &[Format::Csv],
        popularity: Some(140),
        ..PLAIN
    },
    Record {
        title: "Industrial Production and Capacity Utilization (G.17)",
        organization: "fed-reserve",
        publisher: "Board of Governors of the Federal Reserve System",
        description: "Output, capacity and capacity utilization in the industrial sector.",
        keywords: &["capacity", "industrial production"],
        identifier: "FRB-DEMO-G17",
        modified: "2026-11-17",
        periodicity: Some("R/P1M"),
        formats: &[Format::Csv],
        popularity: Some(61),
        ..PLAIN
    },
    Record {
        title: "Daily Treasury Par Yield Curve Rates",
        organization: "treasury",
        publisher: "Department of the Treasury",
        description: "Par yields of treasury securities by maturity.",
        keywords: &["treasury", "yield", "yield curve"],
        themes: &["Finance"],
        identifier: "TREAS-DEMO-1",
        modified: "2026-11-24T22:00:00Z",
        periodicity: Some("R/P1D"),
        formats: &[Format::Xml, Format::Csv],
        popularity: Some(301),
        ..PLAIN
    },
    Record {
        title: "Debt to the Penny",
        organization: "treasury",
        publisher: "Bureau of the Fiscal Service",
        description: "Total public debt outstanding, each business day.",
        keywords: &["debt", "public debt"],
        themes: &["Finance"],
        identifier: "TREAS-DEMO-2",
        modified: "2026-11-24",
        periodicity: Some("R/P1D"),
        formats: &[Format::Json, Format::Csv, Format::Api],
        popularity: Some(512),
        nested_as_text: true,
        ..PLAIN
    },
    Record {
        title: "Treasury Securities Auctions Data",
        organization: "treasury",
        publisher: "Bureau of the Fiscal Service",
        description: "Results of auctions of bills, notes and bonds.",
        keywords: &["auction", "bonds", "treasury"],
        themes: &["Finance"],
        identifier: "TREAS-DEMO-3",
        modified: "2026-11-20",
        periodicity: Some("irregular"),
        formats: &[Format::Json],
        ..PLAIN
    },
    Record {
        title: "Weekly Petroleum Status Report: Crude Oil Inventories",
        organization: "energy",
        publisher: "Energy Information Administration",
        description: "Stocks of crude oil and petroleum products, refinery inputs and imports. Oil prices are not part of it.",
        keywords: &["crude oil", "inventory", "petroleum"],
        themes: &["Energy & Environment"],
        identifier: "EIA-DEMO-1",
        modified: "2026-11-25",
        periodicity: Some("R/P1W"),
        formats: &[Format::Csv, Format::Xlsx],
        popularity: Some(230),
        ..PLAIN
    },
    Record {
        title: "Spot Oil Prices: WTI and Brent",
        organization: "energy",
        publisher: "Energy Information Administration",
        description: "Spot prices of crude oil at Cushing and of Brent, in dollars a barrel.",
        keywords: &["crude oil", "oil prices", "petroleum"],
        themes: &["Energy & Environment"],
        identifier: "EIA-DEMO-2",
        modified: "2026-11-24",
        periodicity: Some("R/P1D"),
        formats: &[Format::Csv, Format::Api],
        popularity: Some(330),
        ..PLAIN
    },
    Record {
        title: "Weekly Natural Gas Storage Report",
        organization: "energy",
        publisher: "Energy Information Administration",
        description: "Working gas in underground storage.",
        keywords: &["inventory", "natural gas", "storage"],
        themes: &["Energy & Environment"],
        identifier: "EIA-DEMO-3",
        modified: "2026-11-19",
        periodicity: Some("R/P1W"),
        formats: &[Format::Csv],
        popularity: Some(118),
        ..PLAIN
    },
    Record {
        title: "Short-Term Energy Outlook",
        organization: "energy",
        publisher: "Energy Information Administration",
        description: "Forecasts of supply, demand and prices of petroleum, natural gas and electricity.",
        keywords: &["forecast", "natural gas", "petroleum prices"],
        themes: &["Energy & Environment"],
        identifier: "EIA-DEMO-4",
        modified: "2026-11-10",
        periodicity: Some("R/P1M"),
        formats: &[Format::Xlsx],
        ..PLAIN
    },
    Record {
        title: "World Agricultural Supply and Demand Estimates",
        organization: "usda",
        publisher: "Office of the Chief Economist",
        description: "Forecasts of supply and use of crops and livestock.",
        keywords: &["crop", "grain", "livestock", "wasde"],
        themes: &["agriculture"],
        identifier: "USDA-DEMO-1",
        modified: "2026-11-10",
        periodicity: Some("R/P1M"),
        formats: &[Format::Xml, Format::Xlsx],
        popularity: Some(104),
        ..PLAIN
    },
    Record {
        title: "Crop Progress and Condition",
        organization: "usda",
        publisher: "National Agricultural Statistics Service",
        description: "Planting, progress and condition of major crops, each week of the season.",
        keywords: &["corn", "crop", "soybeans", "wheat"],
        themes: &["agriculture"],
        identifier: "USDA-DEMO-2",
        modified: "2026-11-23",
        periodicity: Some("R/P1W"),
        formats: &[Format::Csv],
        popularity: Some(57),
        ..PLAIN
    },
    Record {
        title: "Commitments of Traders",
        organization: "cftc",
        publisher: "Commodity Futures Trading Commission",
        description: "Open interest in futures and options by group of trader.",
        keywords: &["commitments of traders", "futures", "swaps"],
        identifier: "CFTC-DEMO-1",
        modified: "2026-11-20",
        periodicity: Some("R/P1W"),
        formats: &[Format::Csv, Format::Zip],
        popularity: Some(190),
        ..PLAIN
    },
    Record {
        title: "Fails-to-Deliver Data",
        organization: "sec",
        publisher: "Securities and Exchange Commission",
        description: "Shares that were not delivered, by security and day.",
        keywords: &["fails to deliver", "securities"],
        identifier: "SEC-DEMO-1",
        modified: "2026-11-16",
        periodicity: Some("R/P0.5M"),
        formats: &[Format::Zip],
        popularity: Some(83),
        ..PLAIN
    },
    Record {
        title: "Gross Domestic Product by Industry",
        organization: "commerce",
        publisher: "Bureau of Economic Analysis",
        description: "Value added by industry, quarterly and yearly.",
        keywords: &["gdp", "income", "value added"],
        identifier: "BEA-DEMO-1",
        modified: "2026-10-29",
        periodicity: Some("R/P3M"),
        formats: &[Format::Json, Format::Xlsx],
        popularity: Some(145),
        ..PLAIN
    },
    Record {
        title: "U.S. International Trade in Goods and Services",
        organization: "commerce",
        publisher: "Bureau of Economic Analysis",
        description: "Exports, imports and the balance of trade.",
        keywords: &["exports", "imports", "trade"],
        identifier: "BEA-DEMO-2",
        modified: "2026-11-04",
        periodicity: Some("R/P1M"),
        formats: &[Format::Xlsx],
        popularity: Some(66),
        ..PLAIN
    },
    Record {
        title: "Advance Monthly Sales for Retail and Food Services",
        organization: "census",
        publisher: "U.S. Census Bureau",
        description: "Early estimates of retail sales.",
        keywords: &["retail sales"],
        identifier: "CENSUS-DEMO-1",
        modified: "2026-11-17",
        periodicity: Some("R/P1M"),
        formats: &[Format::Csv],
        popularity: Some(92),
        ..PLAIN
    },
    Record {
        title: "TIGER/Line Shapefile, 2026, County, Yuma County, CO, All Roads",
        organization: "census",
        publisher: "U.S. Census Bureau",
        description: "Shape files of roads, cut from the master address file.",
        keywords: &["county or equivalent entity", "state fips code", "u.s."],
        themes: &["geospatial"],
        identifier: "tl_2026_08125_roads",
        modified: "2026-08-01",
        formats: &[Format::Zip],
        popularity: Some(2),
        bounds: Some([39.6, -102.8, 40.4, -102.0]),
        transformed: true,
        collection: Some("census-tiger"),
        ..PLAIN
    },
    Record {
        title: "TIGER/Line Shapefile, 2026, State, California, Places",
        organization: "census",
        publisher: "U.S. Census Bureau",
        description: "Shape files of places, cut from the master address file.",
        keywords: &["5-digit zip code", "state fips code", "united states"],
        themes: &["geospatial"],
        identifier: "tl_2026_06_place",
        modified: "2026-08-01",
        formats: &[Format::Zip],
        popularity: Some(4),
        bounds: Some([32.5, -124.4, 42.0, -114.1]),
        transformed: true,
        collection: Some("census-tiger"),
        ..PLAIN
    },
    Record {
        title: "Global Surface Temperature and Precipitation Archive",
        organization: "noaa",
        publisher: "NOAA National Centers for Environmental Information",
        description: "Daily temperature and rain from stations.",
        keywords: &["EARTH SCIENCE > ATMOSPHERE > PRECIPITATION", "climate", "DOC/NOAA/NESDIS/NCEI"],
        themes: &["Earth Science"],
        identifier: "gov.noaa.ncdc:DEMO-1",
        modified: "2026-11-01",
        periodicity: Some("R/P1D"),
        formats: &[Format::Api],
        popularity: Some(15),
        bounds: Some([-90.0, -180.0, 90.0, 180.0]),
        ..PLAIN
    },
    Record {
        title: "Advancing the Automation of Plant Nucleic Acid Extraction for Rapid Diagnosis of Plant Diseases in Space",
        organization: "nasa",
        publisher: "National Aeronautics and Space Administration",
        description: "A study of sample preparation on a space station.",
        keywords: &["nucleic acid", "plants"],
        themes: &["Biological and Physical Sciences"],
        identifier: "NASA-DEMO-1",
        modified: "2025-07-17",
        periodicity: Some("irregular"),
        popularity: Some(1),
        ..PLAIN
    },
    Record {
        title: "Mirador: Climate Variability and Change",
        organization: "nasa",
        publisher: "National Aeronautics and Space Administration",
        description: "Access to data sets on oceans, ice and their forcings.",
        keywords: &["aerosols", "climate", "ges-disc"],
        themes: &["Earth Science"],
        identifier: "NASA-DEMO-2",
        modified: "2025-07-17",
        periodicity: Some("irregular"),
        old: true,
        ..PLAIN
    },
    Record {
        title: "Climate Investments in the Capital Budget",
        organization: "nyc-ny",
        publisher: "NYC OpenData",
        description: "Projects of the capital budget by their climate alignment, in thousands of dollars.",
        keywords: &["capital climate investments", "climate \"budget\"", "fy25 & fy26", "économie"],
        themes: &["City Government"],
        identifier: "https://data.example.com/api/views/c99a-demo",
        modified: "2025-07-28",
        formats: &[Format::Csv, Format::Json, Format::Xml],
        popularity: Some(3),
        old: true,
        bounds: Some([40.5, -74.3, 40.9, -73.7]),
        ..PLAIN
    },
    Record {
        title: "Supervisory Examination Findings",
        organization: "fdic",
        publisher: "Federal Deposit Insurance Corporation",
        description: "Findings at insured banks; not for the public.",
        keywords: &["bank", "examination"],
        identifier: "FDIC-DEMO-1",
        modified: "2026-09-30",
        periodicity: Some("R/P1Y"),
        access: "non-public",
        ..PLAIN
    },
    Record {
        title: "House Price Index",
        organization: "fhfa",
        publisher: "Federal Housing Finance Agency",
        description: "Changes in prices of single-family houses.",
        keywords: &["home price", "house price index", "mortgage"],
        identifier: "FHFA-DEMO-1",
        modified: "R/P1M",
        periodicity: Some("R/P1M"),
        formats: &[Format::Csv, Format::Xlsx],
        popularity: Some(111),
        ..PLAIN
    },
];
