//! The datasets.

use super::{DatasetSpec, Labels};

/// What most datasets have.
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
pub(in crate::standin::dbnomics) const DATASETS: &[DatasetSpec] = &[
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
