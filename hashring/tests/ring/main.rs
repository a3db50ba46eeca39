//! Rings: their laws, what peers got wrong, what others place where, and how even they are.
#![allow(clippy::print_stdout, reason = "a test says what it reached")]

mod dialects;
mod model;
mod shares;
mod tokens;

macro_rules! tests {
    ($($module:ident::$check:ident,)*) => {$(
        #[test]
        fn $check() {
            println!("{}", $module::$check().unwrap());
        }
    )*};
}

tests! {
    tokens::hashes_are_where_the_first_token_is_that_is_not_below,
    tokens::preferences_are_the_owners_of_what_comes_next,
    tokens::more_copies_than_nodes_are_each_node_once,
    tokens::one_by_one_is_all_at_once_in_any_order,
    tokens::tokens_are_as_many_as_weights_say,
    tokens::equal_tokens_belong_to_the_first_by_name,
    tokens::only_what_a_node_gets_or_gives_moves,
    tokens::arcs_make_up_the_ring,
    tokens::what_is_spliced_is_what_is_made_anew,
    tokens::probes_find_the_nearest_token,
    tokens::many_are_located_as_one_by_one,
    tokens::what_is_refused_changes_nothing,
    tokens::rings_come_back,
    tokens::indexes_may_be_wider_than_tokens_are_many,
    dialects::libmemcached_weighted_places_keys_so,
    dialects::spymemcached_places_keys_so,
    dialects::libmemcached_has_a_hundred_points_until_weights_come,
    dialects::twemproxy_has_libmemcacheds_points_and_its_own_hash,
    dialects::points_are_rounded_as_in_c,
    dialects::envoy_places_hosts_so,
    dialects::two_hosts_share_a_point,
    dialects::a_point_belongs_to_its_own_host,
    dialects::a_weight_shifts_strangers_in_ketama_alone,
    dialects::dialects_come_back_and_take_no_tokens,
    shares::shares_deviate_by_the_root_of_tokens,
    shares::the_highest_share_is_as_low_as_it_should_be,
    shares::shares_are_as_weights,
    shares::growing_moves_what_the_new_node_gets,
    shares::whoever_fails_leaves_to_many,
    shares::probes_lower_the_highest_share,
    shares::a_weight_is_a_share_at_once,
    shares::allocated_tokens_are_more_even_than_random_ones,
    shares::allocated_tokens_are_nobodys,
}
