from bfe_py.condition.catalogue import PRIMITIVES, primitives

FAMILIES = {
    "address": "req_cip_hash_in req_cip_range req_cip_trusted req_vip_in req_vip_range ses_sip_range ses_vip_range",
    "body": "req_body_json_in req_body_json_prefix_in",
    "cookie": "req_cookie_key_in req_cookie_value_contain req_cookie_value_hash_in req_cookie_value_in"
    " req_cookie_value_prefix_in req_cookie_value_suffix_in",
    "header": "req_header_key_in req_header_value_contain req_header_value_hash_in req_header_value_in"
    " req_header_value_prefix_in req_header_value_regmatch req_header_value_suffix_in req_ua_regmatch",
    "query": "req_query_exist req_query_key_in req_query_key_prefix_in req_query_value_contain"
    " req_query_value_hash_in req_query_value_in req_query_value_prefix_in req_query_value_regmatch"
    " req_query_value_suffix_in",
    "request": "default_t req_method_in req_proto_match req_proto_secure",
    "response": "res_code_in res_header_key_in res_header_value_in",
    "session": "ses_tls_client_auth ses_tls_client_ca_in ses_tls_sni_in",
    "tags": "req_context_value_in req_tag_match",
    "times": "bfe_periodic_time_range bfe_time_range",
    "uri": "req_host_in req_host_regmatch req_host_suffix_in req_host_tag_in req_path_contain"
    " req_path_element_prefix_in req_path_in req_path_prefix_in req_path_regmatch req_path_suffix_in"
    " req_port_in req_url_regmatch",
}


def test_all_58_primitives_are_found_in_their_families():
    assert len(PRIMITIVES) == 58
    found = {}
    for each in PRIMITIVES.values():
        found.setdefault(each.family, []).append(each.name)
    assert {family: " ".join(names) for family, names in found.items()} == FAMILIES


def test_every_primitive_is_documented():
    documents = primitives()
    assert [each.name for each in documents] == sorted(PRIMITIVES)
    for each in documents:
        assert each.doc.endswith(".")
        assert each.missing
        assert each.reads
        assert all(name and label for name, label in each.parameters)
