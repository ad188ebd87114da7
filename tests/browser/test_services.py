"""The services, and asking them."""


def test_a_service_can_be_asked(demo, page):
    page.open(demo.url + "/#/services")
    page.says("#services", lambda table: "dbnomics" in table and "datagov" in table)
    page.fill("#ask-route", "dbnomics.series.fetch")
    page.fill("#ask-params", '{"series_ids": ["BIS/WS_CBPOL/M.US"]}')
    page.click("#ask-send")
    page.says("#ask-answer", lambda answer: "WS_CBPOL" in answer)
    page.fill("#ask-params", '{"series_ids": 5}')
    page.click("#ask-send")
    page.says("#ask-problem", lambda problem: "series_ids" in problem)
