//! How much room facts take, of which a project has millions, and what is kept beside them for that.

use connlint_facts::{ArmTest, Body, Op, OpId, OpKind, Path, TypeRef, thin_vec};

#[test]
fn operations_and_paths_are_small() {
    assert!(size_of::<OpKind>() <= 24, "{}", size_of::<OpKind>());
    assert!(size_of::<Op>() <= 40, "{}", size_of::<Op>());
    assert!(size_of::<Path>() <= 24, "{}", size_of::<Path>());
    assert!(size_of::<TypeRef>() <= 24, "{}", size_of::<TypeRef>());
    assert!(size_of::<ArmTest>() <= 40, "{}", size_of::<ArmTest>());
}

#[test]
fn type_arguments_are_those_of_their_call() {
    let type_arguments =
        thin_vec![(OpId(2), thin_vec![TypeRef::Infer]), (OpId(7), thin_vec![TypeRef::Never, TypeRef::Infer])];
    let body = Body { type_arguments, ..Body::default() };
    assert_eq!(body.type_arguments_of(OpId(2)), [TypeRef::Infer]);
    assert_eq!(body.type_arguments_of(OpId(7)), [TypeRef::Never, TypeRef::Infer]);
    assert!(body.type_arguments_of(OpId(3)).is_empty());
}
