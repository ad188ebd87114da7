//! The providers, datasets and series of the stand-in.
//!
//! Codes and names are those of `DBnomics` where they are public (only a few series of each dataset are here); the provider
//! `STANDIN` does not exist there. Hard ones are among them: codes with `:`, `@`, `+` and `.`, labels as map, as list of
//! pairs and missing, a provider without region and terms, every frequency, `NA`, null and sentinels.

use super::periods::Frequency;

/// A provider.
#[derive(Debug)]
pub(super) struct ProviderSpec {
    pub(super) code: &'static str,
    pub(super) name: &'static str,
    pub(super) region: Option<&'static str>,
    pub(super) website: Option<&'static str>,
    pub(super) terms_of_use: Option<&'static str>,
    pub(super) indexed_at: &'static str,
    pub(super) tree: &'static [Category],
}

/// A category with its datasets, or a dataset at the top.
#[derive(Debug)]
pub(super) struct Category {
    pub(super) code: Option<&'static str>,
    pub(super) name: &'static str,
    pub(super) children: &'static [(&'static str, &'static str)],
}

/// A dataset.
#[derive(Debug)]
pub(super) struct DatasetSpec {
    pub(super) provider: &'static str,
    pub(super) code: &'static str,
    pub(super) name: &'static str,
    pub(super) description: Option<&'static str>,
    /// Code and label, in order.
    pub(super) dimensions: &'static [(&'static str, &'static str)],
    /// Dimension, value and label, for some.
    pub(super) labels: &'static [(&'static str, &'static str, &'static str)],
    pub(super) form: Labels,
    /// Whether a series code is its dimension values joined with dots, so that masks work.
    pub(super) codes_of_dimensions: bool,
    pub(super) updated: bool,
}

/// How the labels of values are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Labels {
    /// `{"US": "United States"}`
    Map,
    /// `[["US", "United States"]]`
    Pairs,
    /// Not at all.
    Missing,
}

/// A series.
#[derive(Debug)]
pub(super) struct SeriesSpec {
    /// `PROVIDER/DATASET`.
    pub(super) dataset: &'static str,
    pub(super) code: &'static str,
    pub(super) name: &'static str,
    /// The values of the dimensions in order, where the code does not hold them.
    pub(super) values: &'static [&'static str],
    pub(super) frequency: Frequency,
    /// The first day of the first period.
    pub(super) first: &'static str,
    /// No period begins after this day.
    pub(super) last: &'static str,
    pub(super) base: f64,
    pub(super) slope: f64,
    pub(super) swing: f64,
    pub(super) decimals: i32,
    pub(super) quirks: &'static [Quirk],
}

/// What is odd about a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quirk {
    /// So many `NA` at the start.
    NaFirst(usize),
    /// So many `NA` at the end.
    NaLast(usize),
    /// `NA` at every so many-th place.
    NaEvery(usize),
    /// null at a place.
    Null(usize),
    /// -999999 at a place, which is not marked as missing (seen in FED/H41).
    Sentinel(usize),
    /// No weekends.
    Weekdays,
    /// With `observations_attributes`.
    Attributes,
}

impl DatasetSpec {
    pub(super) fn id(&self) -> String {
        format!("{}/{}", self.provider, self.code)
    }

    /// The label of a value; the value itself where there is none.
    pub(super) fn label<'a>(&self, dimension: &str, value: &'a str) -> &'a str
    where
        'static: 'a,
    {
        let found = self.labels.iter().find(|(name, code, _)| *name == dimension && *code == value);
        found.map_or(value, |(_, _, label)| label)
    }
}

impl SeriesSpec {
    pub(super) fn id(&self) -> String {
        format!("{}/{}", self.dataset, self.code)
    }

    pub(super) fn has(&self, quirk: Quirk) -> bool {
        self.quirks.contains(&quirk)
    }

    /// Names and values of its dimensions in the order of the dataset.
    pub(super) fn dimensions(&self, dataset: &DatasetSpec) -> Vec<(String, String)> {
        let values: Vec<&str> =
            if self.values.is_empty() { self.code.split('.').collect() } else { self.values.to_vec() };
        dataset
            .dimensions
            .iter()
            .zip(values)
            .map(|((name, _), value)| ((*name).to_owned(), value.to_owned()))
            .collect()
    }
}

const fn leaf(code: &'static str, name: &'static str) -> Category {
    Category { code: Some(code), name, children: &[] }
}

/// All providers.
pub(super) const PROVIDERS: &[ProviderSpec] = &[
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

const PLAIN_DATASET: DatasetSpec = DatasetSpec {
    provider: "",
    code: "",
    name: "",
    description: None,
    dimensions: &[],
    labels: &[],
    form: Labels::Map,
    codes_of_dimensions: true,
    updated: false,
};

/// All datasets.
pub(super) const DATASETS: &[DatasetSpec] = &[
    DatasetSpec {
        provider: "AMECO",
        code: "ZUTN",
        name: "Unemployment rate: total :- Member States: definition EUROSTAT",
        dimensions: &[("freq", "Frequency"), ("unit", "Unit"), ("geo", "Country")],
        labels: &[
            ("freq", "a", "Annually"),
            ("geo", "ea19", "Euro area (19 countries)"),
            ("geo", "dnk", "Denmark"),
        ],
        codes_of_dimensions: false,
        ..PLAIN_DATASET
    },
    DatasetSpec {
        provider: "BEA",
        code: "NIPA-T10101",
        name: "Table 1.1.1. Percent Change From Preceding Period in Real Gross Domestic Product",
        dimensions: &[("concept", "Concept"), ("FREQ", "Frequency")],
        labels: &[
            ("concept", "gross-domestic-product", "Gross domestic product"),
            ("FREQ", "q", "Quarterly"),
        ],
        codes_of_dimensions: false,
        ..PLAIN_DATASET
    },
    DatasetSpec {
        provider: "BIS",
        code: "WS_CBPOL",
        name: "Central bank policy rates",
        dimensions: &[("FREQ", "Frequency"), ("REF_AREA", "Reference area")],
        labels: &[
            ("FREQ", "D", "Daily"),
            ("FREQ", "M", "Monthly"),
            ("REF_AREA", "US", "United States"),
            ("REF_AREA", "XM", "Euro area"),
            ("REF_AREA", "CN", "China"),
        ],
        ..PLAIN_DATASET
    },
    DatasetSpec {
        provider: "BLS",
        code: "cu",
        name: "Consumer Price Index - All Urban Consumers",
        dimensions: &[("area", "Area"), ("item", "Item"), ("seasonal", "Seasonal adjustment")],
        labels: &[
            ("area", "0000", "U.S. city average"),
            ("item", "SA0", "All items"),
            ("seasonal", "S", "Seasonally adjusted"),
        ],
        codes_of_dimensions: false,
        ..PLAIN_DATASET
    },
    DatasetSpec {
        provider: "ECB",
        code: "EXR",
        name: "Exchange Rates",
        description: Some("Foreign exchange reference rates against the euro. Demo data."),
        dimensions: &[
            ("FREQ", "Frequency"),
            ("CURRENCY", "Currency"),
            ("CURRENCY_DENOM", "Currency denominator"),
            ("EXR_TYPE", "Exchange rate type"),
            ("EXR_SUFFIX", "Series variation"),
        ],
        labels: &[
            ("FREQ", "D", "Daily"),
            ("FREQ", "M", "Monthly"),
            ("FREQ", "A", "Annual"),
            ("CURRENCY", "USD", "US dollar"),
            ("CURRENCY", "ARS", "Argentine peso"),
            ("CURRENCY", "AUD", "Australian dollar"),
            ("CURRENCY", "GBP", "UK pound sterling"),
            ("CURRENCY", "JPY", "Japanese yen"),
            ("CURRENCY_DENOM", "EUR", "Euro"),
            ("EXR_TYPE", "SP00", "Spot"),
            ("EXR_SUFFIX", "A", "Average"),
        ],
        updated: true,
        ..PLAIN_DATASET
    },
    DatasetSpec {
        provider: "ECB",
        code: "FM",
        name: "Financial market data",
        dimensions: &[
            ("FREQ", "Frequency"),
            ("REF_AREA", "Reference area"),
            ("CURRENCY", "Currency"),
            ("PROVIDER_FM", "Financial market provider"),
            ("INSTRUMENT_FM", "Financial market instrument"),
            ("PROVIDER_FM_ID", "Identifier"),
            ("DATA_TYPE_FM", "Data type"),
        ],
        form: Labels::Missing,
        ..PLAIN_DATASET
    },
    DatasetSpec {
        provider: "ECB",
        code: "YC",
        name: "Financial market data - yield curve",
        dimensions: &[
            ("FREQ", "Frequency"),
            ("REF_AREA", "Reference area"),
            ("CURRENCY", "Currency"),
            ("PROVIDER_FM", "Provider"),
            ("INSTRUMENT_FM", "Instrument"),
            ("PROVIDER_FM_ID", "Identifier"),
            ("DATA_TYPE_FM", "Data type"),
        ],
        form: Labels::Missing,
        ..PLAIN_DATASET
    },
    DatasetSpec {
        provider: "EIA",
        code: "PET",
        name: "Petroleum",
        dimensions: &[("product", "Product"), ("FREQ", "Frequency")],
        labels: &[
            ("FREQ", "D", "Daily"),
            ("product", "RWTC", "Cushing, OK WTI spot price FOB"),
            ("product", "RBRTE", "Europe Brent spot price FOB"),
        ],
        ..PLAIN_DATASET
    },
    DatasetSpec {
        provider: "Eurostat",
        code: "une_rt_m",
        name: "Unemployment by sex and age – monthly data",
        dimensions: &[
            ("FREQ", "Frequency"),
            ("s_adj", "Seasonal adjustment"),
            ("age", "Age class"),
            ("unit", "Unit of measure"),
            ("sex", "Sex"),
            ("geo", "Geopolitical entity"),
        ],
        labels: &[
            ("FREQ", "M", "Monthly"),
            ("geo", "EA20", "Euro area – 20 countries"),
            ("geo", "DE", "Germany"),
        ],
        form: Labels::Pairs,
        ..PLAIN_DATASET
    },
    DatasetSpec {
        provider: "Eurostat",
        code: "une_rt_q",
        name: "Unemployment by sex and age – quarterly data",
        dimensions: &[
            ("FREQ", "Frequency"),
            ("s_adj", "Seasonal adjustment"),
            ("age", "Age class"),
            ("unit", "Unit of measure"),
            ("sex", "Sex"),
            ("geo", "Geopolitical entity"),
        ],
        labels: &[("FREQ", "Q", "Quarterly"), ("geo", "EA19", "Euro area - 19 countries  (from 2015)")],
        ..PLAIN_DATASET
    },
    DatasetSpec {
        provider: "Eurostat",
        code: "prc_hicp_manr",
        name: "HICP - monthly data (annual rate of change)",
        dimensions: &[
            ("FREQ", "Frequency"),
            ("unit", "Unit of measure"),
            ("coicop", "Classification of consumption"),
            ("geo", "Geopolitical entity"),
        ],
        labels: &[("coicop", "CP00", "All items"), ("geo", "EA20", "Euro area – 20 countries")],
        ..PLAIN_DATASET
    },
    DatasetSpec {
        provider: "FED",
        code: "H15",
        name: "Selected Interest Rates",
        dimensions: &[("instrument", "Instrument"), ("FREQ", "Frequency")],
        labels: &[
            ("FREQ", "B", "Business day"),
            ("FREQ", "D", "Daily"),
            ("instrument", "RIFLGFCY10_N", "10-year Treasury, constant maturity"),
            ("instrument", "RIFLGFCY02_N", "2-year Treasury, constant maturity"),
            ("instrument", "RIFSPFF_N", "Federal funds effective rate"),
        ],
        ..PLAIN_DATASET
    },
    DatasetSpec {
        provider: "FED",
        code: "H41",
        name: "Factors Affecting Reserve Balances",
        dimensions: &[("item", "Item"), ("FREQ", "Frequency")],
        labels: &[
            ("FREQ", "WW", "Weekly (Wednesday)"),
            ("item", "RESPPMA_N", "Total assets, consolidated"),
            ("item", "RESPPLLDT_N", "Treasury general account"),
        ],
        ..PLAIN_DATASET
    },
    DatasetSpec {
        provider: "IMF",
        code: "PCPS",
        name: "Primary Commodity Price System",
        dimensions: &[
            ("FREQ", "Frequency"),
            ("REF_AREA", "Reference area"),
            ("COMMODITY", "Commodity"),
            ("UNIT_MEASURE", "Unit"),
        ],
        labels: &[
            ("FREQ", "M", "Monthly"),
            ("REF_AREA", "W00", "All countries"),
            ("COMMODITY", "PGOLD", "Gold"),
            ("COMMODITY", "POILBRE", "Brent crude"),
        ],
        ..PLAIN_DATASET
    },
    DatasetSpec {
        provider: "IMF",
        code: "WEO:2024-10",
        name: "World Economic Outlook by countries, October 2024",
        dimensions: &[("weo-country", "Country"), ("weo-subject", "Subject"), ("unit", "Unit")],
        labels: &[("weo-country", "USA", "United States")],
        ..PLAIN_DATASET
    },
    DatasetSpec {
        provider: "IMF",
        code: "WEO:2025-04",
        name: "World Economic Outlook by countries, April 2025",
        dimensions: &[("weo-country", "Country"), ("weo-subject", "Subject"), ("unit", "Unit")],
        labels: &[
            ("weo-country", "USA", "United States"),
            ("weo-country", "DEU", "Germany"),
            ("weo-country", "NPL", "Nepal"),
            ("weo-subject", "NGDP_RPCH", "Gross domestic product, constant prices"),
            ("unit", "pcent_change", "Percent change"),
        ],
        ..PLAIN_DATASET
    },
    DatasetSpec {
        provider: "OECD",
        code: "DSD_STES@DF_CLI",
        name: "Composite leading indicators",
        dimensions: &[
            ("REF_AREA", "Reference area"),
            ("FREQ", "Frequency"),
            ("MEASURE", "Measure"),
            ("UNIT_MEASURE", "Unit"),
            ("ACTIVITY", "Activity"),
            ("ADJUSTMENT", "Adjustment"),
            ("TRANSFORMATION", "Transformation"),
            ("TIME_HORIZ", "Time horizon"),
            ("METHODOLOGY", "Methodology"),
        ],
        labels: &[("REF_AREA", "G20", "G20"), ("REF_AREA", "CHN", "China")],
        ..PLAIN_DATASET
    },
    DatasetSpec {
        provider: "STANDIN",
        code: "FREQ",
        name: "One series of each frequency",
        dimensions: &[("FREQ", "Frequency"), ("KIND", "Kind")],
        labels: &[
            ("FREQ", "S", "Half-yearly"),
            ("FREQ", "B", "Two-monthly"),
            ("FREQ", "W", "Weekly"),
            ("KIND", "A+B", "A plus B"),
        ],
        ..PLAIN_DATASET
    },
];

const PLAIN_SERIES: SeriesSpec = SeriesSpec {
    dataset: "",
    code: "",
    name: "",
    values: &[],
    frequency: Frequency::Daily,
    first: "",
    last: "",
    base: 0.0,
    slope: 0.0,
    swing: 0.0,
    decimals: 2,
    quirks: &[],
};

/// All series.
pub(super) const SERIES: &[SeriesSpec] = &[
    SeriesSpec {
        dataset: "AMECO/ZUTN",
        code: "EA19.1.0.0.0.ZUTN",
        name: "Annually – (Percentage of active population) – Euro area (19 countries)",
        values: &["a", "percentage-of-active-population", "ea19"],
        frequency: Frequency::Annual,
        first: "1998-01-01",
        last: "2027-01-01",
        base: 9.0,
        slope: -0.05,
        swing: 1.5,
        decimals: 1,
        quirks: &[Quirk::NaFirst(2)],
    },
    SeriesSpec {
        dataset: "AMECO/ZUTN",
        code: "DNK.1.0.0.0.ZUTN",
        name: "Annually – (Percentage of active population) – Denmark",
        values: &["a", "percentage-of-active-population", "dnk"],
        frequency: Frequency::Annual,
        first: "1970-01-01",
        last: "2027-01-01",
        base: 5.0,
        slope: 0.01,
        swing: 2.0,
        decimals: 1,
        ..PLAIN_SERIES
    },
    SeriesSpec {
        dataset: "BEA/NIPA-T10101",
        code: "A191RL-Q",
        name: "Gross domestic product – Quarterly",
        values: &["gross-domestic-product", "q"],
        frequency: Frequency::Quarterly,
        first: "2000-01-01",
        last: "2026-07-01",
        base: 2.2,
        swing: 3.0,
        decimals: 1,
        ..PLAIN_SERIES
    },
    SeriesSpec {
        dataset: "BIS/WS_CBPOL",
        code: "D.US",
        name: "Daily – United States",
        first: "2024-01-01",
        last: "2026-07-08",
        base: 4.4,
        slope: -0.0005,
        swing: 0.1,
        decimals: 3,
        quirks: &[Quirk::NaFirst(5)],
        ..PLAIN_SERIES
    },
    SeriesSpec {
        dataset: "BIS/WS_CBPOL",
        code: "D.XM",
        name: "Daily – Euro area",
        first: "2024-01-01",
        last: "2026-07-08",
        base: 3.0,
        slope: -0.0008,
        swing: 0.1,
        decimals: 3,
        ..PLAIN_SERIES
    },
    SeriesSpec {
        dataset: "BIS/WS_CBPOL",
        code: "M.US",
        name: "Monthly – United States",
        frequency: Frequency::Monthly,
        first: "1946-01-01",
        last: "2026-06-01",
        base: 1.0,
        slope: 0.004,
        swing: 1.5,
        decimals: 3,
        quirks: &[Quirk::NaFirst(102)],
        ..PLAIN_SERIES
    },
    SeriesSpec {
        dataset: "BIS/WS_CBPOL",
        code: "M.CN",
        name: "Monthly – China",
        frequency: Frequency::Monthly,
        first: "2000-01-01",
        last: "2026-06-01",
        base: 6.0,
        slope: -0.01,
        swing: 0.5,
        decimals: 3,
        ..PLAIN_SERIES
    },
    SeriesSpec {
        dataset: "BLS/cu",
        code: "CUSR0000SA0",
        name: "All items in U.S. city average, all urban consumers, seasonally adjusted",
        values: &["0000", "SA0", "S"],
        frequency: Frequency::Monthly,
        first: "2000-01-01",
        last: "2025-01-01",
        base: 169.0,
        slope: 0.49,
        swing: 0.6,
        decimals: 3,
        ..PLAIN_SERIES
    },
    SeriesSpec {
        dataset: "ECB/EXR",
        code: "D.USD.EUR.SP00.A",
        name: "Daily – US dollar – Euro – Spot – Average",
        first: "2024-01-02",
        last: "2026-11-24",
        base: 1.08,
        slope: 0.00008,
        swing: 0.03,
        decimals: 4,
        quirks: &[Quirk::Weekdays, Quirk::NaEvery(97)],
        ..PLAIN_SERIES
    },
    SeriesSpec {
        dataset: "ECB/EXR",
        code: "D.GBP.EUR.SP00.A",
        name: "Daily – UK pound sterling – Euro – Spot – Average",
        first: "2025-01-02",
        last: "2026-11-24",
        base: 0.85,
        slope: 0.00003,
        swing: 0.01,
        decimals: 5,
        quirks: &[Quirk::Weekdays],
        ..PLAIN_SERIES
    },
    SeriesSpec {
        dataset: "ECB/EXR",
        code: "D.JPY.EUR.SP00.A",
        name: "Daily – Japanese yen – Euro – Spot – Average",
        first: "2025-01-02",
        last: "2026-11-24",
        base: 162.0,
        slope: 0.02,
        swing: 3.0,
        quirks: &[Quirk::Weekdays],
        ..PLAIN_SERIES
    },
    SeriesSpec {
        dataset: "ECB/EXR",
        code: "D.ARS.EUR.SP00.A",
        name: "Daily – Argentine peso – Euro – Spot – Average",
        first: "2024-01-02",
        last: "2024-12-31",
        base: 900.0,
        slope: 0.9,
        swing: 10.0,
        decimals: 4,
        quirks: &[Quirk::Weekdays, Quirk::NaLast(20)],
        ..PLAIN_SERIES
    },
    SeriesSpec {
        dataset: "ECB/EXR",
        code: "M.USD.EUR.SP00.A",
        name: "Monthly – US dollar – Euro – Spot – Average",
        frequency: Frequency::Monthly,
        first: "2015-01-01",
        last: "2026-10-01",
        base: 1.1,
        slope: 0.0004,
        swing: 0.06,
        decimals: 4,
        ..PLAIN_SERIES
    },
    SeriesSpec {
        dataset: "ECB/EXR",
        code: "A.AUD.EUR.SP00.A",
        name: "Annual – Australian dollar – Euro – Spot – Average",
        frequency: Frequency::Annual,
        first: "1999-01-01",
        last: "2025-01-01",
        base: 1.65,
        slope: 0.001,
        swing: 0.15,
        decimals: 4,
        ..PLAIN_SERIES
    },
    SeriesSpec {
        dataset: "ECB/FM",
        code: "D.U2.EUR.4F.KR.DFR.LEV",
        name: "Daily – Euro area – ECB Deposit facility - level",
        first: "2025-01-01",
        last: "2026-11-24",
        base: 3.0,
        slope: -0.0015,
        ..PLAIN_SERIES
    },
    SeriesSpec {
        dataset: "ECB/YC",
        code: "B.U2.EUR.4F.G_N_A.SV_C_YM.SR_10Y",
        name: "Yield curve spot rate, 10-year maturity, AAA-rated bonds",
        first: "2025-01-02",
        last: "2026-11-23",
        base: 2.5,
        slope: 0.001,
        swing: 0.2,
        decimals: 4,
        quirks: &[Quirk::Weekdays],
        ..PLAIN_SERIES
    },
    SeriesSpec {
        dataset: "EIA/PET",
        code: "RWTC.D",
        name: "Cushing, OK WTI Spot Price FOB – Daily",
        first: "2025-01-02",
        last: "2026-11-23",
        base: 74.0,
        slope: -0.02,
        swing: 6.0,
        quirks: &[Quirk::Weekdays],
        ..PLAIN_SERIES
    },
    SeriesSpec {
        dataset: "EIA/PET",
        code: "RBRTE.D",
        name: "Europe Brent Spot Price FOB – Daily",
        first: "2025-01-02",
        last: "2026-11-23",
        base: 78.0,
        slope: -0.02,
        swing: 6.0,
        quirks: &[Quirk::Weekdays, Quirk::Null(4)],
        ..PLAIN_SERIES
    },
    SeriesSpec {
        dataset: "Eurostat/une_rt_m",
        code: "M.SA.TOTAL.PC_ACT.T.EA20",
        name: "Monthly – Seasonally adjusted – Total – Percentage of active population – Euro area – 20 countries",
        frequency: Frequency::Monthly,
        first: "2010-01-01",
        last: "2026-09-01",
        base: 10.5,
        slope: -0.022,
        swing: 0.4,
        decimals: 1,
        ..PLAIN_SERIES
    },
    SeriesSpec {
        dataset: "Eurostat/une_rt_m",
        code: "M.SA.TOTAL.PC_ACT.T.DE",
        name: "Monthly – Seasonally adjusted – Total – Percentage of active population – Germany",
        frequency: Frequency::Monthly,
        first: "2012-01-01",
        last: "2026-09-01",
        base: 5.4,
        slope: -0.01,
        swing: 0.3,
        decimals: 1,
        ..PLAIN_SERIES
    },
    SeriesSpec {
        dataset: "Eurostat/une_rt_q",
        code: "Q.SA.Y15-24.PC_ACT.T.EA19",
        name: "Quarterly – Seasonally adjusted – From 15 to 24 years – Euro area - 19 countries  (from 2015)",
        frequency: Frequency::Quarterly,
        first: "1997-01-01",
        last: "2022-10-01",
        base: 21.0,
        slope: -0.05,
        swing: 3.0,
        decimals: 1,
        quirks: &[Quirk::Attributes],
        ..PLAIN_SERIES
    },
    SeriesSpec {
        dataset: "Eurostat/prc_hicp_manr",
        code: "M.RCH_A.CP00.EA20",
        name: "Monthly – Annual rate of change – All items – Euro area – 20 countries",
        frequency: Frequency::Monthly,
        first: "2015-01-01",
        last: "2026-10-01",
        base: 2.1,
        swing: 1.0,
        decimals: 1,
        ..PLAIN_SERIES
    },
    SeriesSpec {
        dataset: "FED/H15",
        code: "RIFLGFCY10_N.B",
        name: "Market yield on U.S. Treasury securities at 10-year constant maturity",
        first: "2025-01-02",
        last: "2026-11-24",
        base: 4.4,
        slope: -0.0005,
        swing: 0.25,
        quirks: &[Quirk::Weekdays, Quirk::NaEvery(60)],
        ..PLAIN_SERIES
    },
    SeriesSpec {
        dataset: "FED/H15",
        code: "RIFLGFCY02_N.B",
        name: "Market yield on U.S. Treasury securities at 2-year constant maturity",
        first: "2025-01-02",
        last: "2026-11-24",
        base: 4.2,
        slope: -0.001,
        swing: 0.25,
        quirks: &[Quirk::Weekdays],
        ..PLAIN_SERIES
    },
    SeriesSpec {
        dataset: "FED/H15",
        code: "RIFSPFF_N.D",
        name: "Federal funds effective rate – Daily",
        first: "2025-01-01",
        last: "2026-11-24",
        base: 4.33,
        slope: -0.001,
        swing: 0.02,
        ..PLAIN_SERIES
    },
    SeriesSpec {
        dataset: "FED/H41",
        code: "RESPPMA_N.WW",
        name: "Total assets, consolidated (millions of dollars)",
        frequency: Frequency::Weekly,
        first: "2023-01-02",
        last: "2026-11-16",
        base: 8_500_000.0,
        slope: -8_700.0,
        swing: 15_000.0,
        decimals: 0,
        ..PLAIN_SERIES
    },
    SeriesSpec {
        dataset: "FED/H41",
        code: "RESPPLLDT_N.WW",
        name: "U.S. Treasury, general account (millions of dollars)",
        frequency: Frequency::Weekly,
        first: "2023-01-02",
        last: "2026-11-16",
        base: 600_000.0,
        slope: 1_000.0,
        swing: 150_000.0,
        decimals: 0,
        quirks: &[Quirk::Sentinel(7)],
        ..PLAIN_SERIES
    },
    SeriesSpec {
        dataset: "IMF/PCPS",
        code: "M.W00.PGOLD.USD",
        name: "Monthly – All countries – Gold – US dollars",
        frequency: Frequency::Monthly,
        first: "2010-01-01",
        last: "2025-06-01",
        base: 1_200.0,
        slope: 9.0,
        swing: 120.0,
        ..PLAIN_SERIES
    },
    SeriesSpec {
        dataset: "IMF/PCPS",
        code: "M.W00.POILBRE.USD",
        name: "Monthly – All countries – Brent crude – US dollars",
        frequency: Frequency::Monthly,
        first: "2010-01-01",
        last: "2025-06-01",
        base: 85.0,
        slope: -0.05,
        swing: 25.0,
        ..PLAIN_SERIES
    },
    SeriesSpec {
        dataset: "IMF/WEO:2024-10",
        code: "USA.NGDP_RPCH.pcent_change",
        name: "United States – Gross domestic product, constant prices – Percent change",
        frequency: Frequency::Annual,
        first: "1980-01-01",
        last: "2029-01-01",
        base: 2.4,
        swing: 2.0,
        decimals: 3,
        ..PLAIN_SERIES
    },
    SeriesSpec {
        dataset: "IMF/WEO:2025-04",
        code: "USA.NGDP_RPCH.pcent_change",
        name: "United States – Gross domestic product, constant prices – Percent change",
        frequency: Frequency::Annual,
        first: "1980-01-01",
        last: "2030-01-01",
        base: 2.3,
        swing: 2.0,
        decimals: 3,
        ..PLAIN_SERIES
    },
    SeriesSpec {
        dataset: "IMF/WEO:2025-04",
        code: "DEU.NGDP_RPCH.pcent_change",
        name: "Germany – Gross domestic product, constant prices – Percent change",
        frequency: Frequency::Annual,
        first: "1980-01-01",
        last: "2030-01-01",
        base: 1.5,
        slope: -0.01,
        swing: 2.0,
        decimals: 3,
        ..PLAIN_SERIES
    },
    SeriesSpec {
        dataset: "IMF/WEO:2025-04",
        code: "NPL.NGDP_RPCH.pcent_change",
        name: "Nepal – Gross domestic product, constant prices – Percent change",
        frequency: Frequency::Annual,
        first: "1980-01-01",
        last: "2030-01-01",
        base: 4.5,
        swing: 3.0,
        decimals: 3,
        quirks: &[Quirk::NaFirst(1)],
        ..PLAIN_SERIES
    },
    SeriesSpec {
        dataset: "OECD/DSD_STES@DF_CLI",
        code: "G20.M.LI.IX._Z.AA.IX._Z.H",
        name: "G20 – Monthly – Composite leading indicator",
        frequency: Frequency::Monthly,
        first: "2015-01-01",
        last: "2026-05-01",
        base: 100.0,
        swing: 1.0,
        decimals: 4,
        ..PLAIN_SERIES
    },
    SeriesSpec {
        dataset: "OECD/DSD_STES@DF_CLI",
        code: "CHN.M.LI.IX._Z.AA.IX._Z.H",
        name: "China – Monthly – Composite leading indicator",
        frequency: Frequency::Monthly,
        first: "2015-01-01",
        last: "2026-05-01",
        base: 100.0,
        swing: 1.5,
        decimals: 4,
        ..PLAIN_SERIES
    },
    SeriesSpec {
        dataset: "STANDIN/FREQ",
        code: "S.A+B",
        name: "Half-yearly – A plus B",
        frequency: Frequency::BiAnnual,
        first: "2015-01-01",
        last: "2026-01-01",
        base: 50.0,
        slope: 1.0,
        swing: 5.0,
        decimals: 0,
        quirks: &[Quirk::NaEvery(6)],
        ..PLAIN_SERIES
    },
    SeriesSpec {
        dataset: "STANDIN/FREQ",
        code: "B.X",
        name: "Two-monthly – X",
        frequency: Frequency::BiMonthly,
        first: "2020-01-01",
        last: "2026-09-01",
        base: 10.0,
        slope: 0.1,
        swing: 1.0,
        decimals: 1,
        quirks: &[Quirk::Null(3)],
        ..PLAIN_SERIES
    },
    SeriesSpec {
        dataset: "STANDIN/FREQ",
        code: "W.X",
        name: "Weekly – X",
        frequency: Frequency::Weekly,
        first: "2020-01-06",
        last: "2026-11-16",
        base: 20.0,
        slope: 0.01,
        swing: 1.0,
        decimals: 1,
        ..PLAIN_SERIES
    },
];
